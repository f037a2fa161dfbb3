from promptflow.core import tool

EXAMPLES = [
    {
        "category": "App",
        "url": "https://appcorner.example/apps/pocket-weather",
        "text": "Install Pocket Weather on your phone or tablet. Free download with optional in-app purchases. "
        "Version 4.2 fixes a crash and adds a widget. Rated 4.6 by 12,000 users.",
    },
    {
        "category": "Academic",
        "url": "https://papers.openshelf.example/abs/2107.0311",
        "text": "Abstract. We study how bees choose between flowers. Our experiment compares three models; the results "
        "show a significant effect. Keywords: foraging, learning. Cite this paper. References.",
    },
    {
        "category": "Channel",
        "url": "https://streamwave.example/channel/slow-kitchen",
        "text": "Slow Kitchen, 310K subscribers, 142 videos. New uploads every Friday. Subscribe and ring the bell. "
        "Playlists: bread, soups, live streams. Most viewed this month.",
    },
    {
        "category": "Movie",
        "url": "https://reelguide.example/title/the-salt-road",
        "text": "The Salt Road (2019). Drama, 118 minutes. Directed by Ilse Marten. Cast and crew, trailer, reviews by "
        "critics, box office. A widow crosses the desert to find her brother. Now in cinemas.",
    },
    {
        "category": "Profile",
        "url": "https://workmates.example/in/tomas-lindgren",
        "text": "Tomas Lindgren, product designer in Gothenburg. 500+ connections. About me, work experience, education, "
        "skills and endorsements. Open to new roles. Send a message or follow Tomas.",
    },
    {
        "category": "App",
        "url": "https://appcorner.example/apps/chess-tutor",
        "text": "Chess Tutor for Android and iOS. Play offline, sync across devices and unlock lessons with a subscription. "
        "What's new in this update; permissions; privacy; developer contact. Download now.",
    },
    {
        "category": "Academic",
        "url": "https://journal.northern-university.example/vol12/article7",
        "text": "Journal of Urban Climate, volume 12. Peer reviewed article. The authors measured heat in 40 streets and "
        "propose a method. Introduction, data, discussion, conclusion. DOI and citations. Download PDF.",
    },
    {
        "category": "Channel",
        "url": "https://streamwave.example/c/two-minute-maths",
        "text": "Two Minute Maths. Short videos about numbers. 88K subscribers, 1.2 million views. Watch the latest episode, "
        "join the live stream on Sunday, or become a member of the channel.",
    },
    {
        "category": "Movie",
        "url": "https://reelguide.example/title/midnight-ferry",
        "text": "Midnight Ferry. Thriller from the director of Glass Harbor, starring Noor Haddad. A captain hides a "
        "stowaway. Watch the trailer, read the plot, see showtimes and ratings. Rated PG-13. Soundtrack.",
    },
    {
        "category": "Profile",
        "url": "https://faculty.northern-university.example/people/ana-duarte",
        "text": "Ana Duarte, professor of marine biology. Biography, office hours, teaching, awards and a list of former "
        "students. She lives in Porto with two dogs. Contact by email.",
    },
]


@tool
def prepare_examples() -> list:
    """Pages whose category is known: two for each category."""
    return EXAMPLES
