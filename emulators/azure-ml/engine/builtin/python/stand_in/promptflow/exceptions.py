class PromptflowException(Exception):
    def __init__(self, message="", message_format="", target=None, module=None, **parameters):
        super().__init__(message or message_format.format(**parameters))


class UserErrorException(PromptflowException):
    pass


class SystemErrorException(PromptflowException):
    pass


class ValidationException(UserErrorException):
    pass
