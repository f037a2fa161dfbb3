import logging
import sys


def get_logger(name, verbosity=logging.INFO, target_stdout=False):
    logger = logging.getLogger(name)
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler(sys.stdout if target_stdout else sys.stderr))
    logger.setLevel(verbosity)
    return logger


logger = get_logger("promptflow")
