"""Turns of telling, put plainly before a prompt is cut into clauses: what a comma or a "but" would tear apart.

if you look at its sails you will find them black              →   its sails should be black
everything stays as it is except the cup, which is a trophy    →   the cup should be a trophy
between the chairs somebody has placed a table                 →   put a table between the chairs
"""

from __future__ import annotations

import re

THE = r"(?:the|his|her|its|their)"
ON = r"(?:on|in|under|behind|beside|near|above|over|next to|in front of|on top of|around|inside|between|against)"
SOMEBODY = (
    r"(?:somebody|someone|they|we|you|i)(?:'s|'ve| has| have| had)? (?:now |just |since )?"
    r"(?:put|placed|set|hung|laid|stood|added|drawn|painted|planted|parked|left|stuck)"
)
SOMETHING = r"(?P<new>(?:an?|some|two|three|several) [\w' -]+)(?=$|[,;.])"
ALL_BUT = re.compile(
    r"(?:\b(?:keep|leave|preserve|retain) )?\b(?:everything|nothing|all|the rest)\b[\w' ]*?,? "
    r"(?:except|but|save|apart|aside|besides|other)(?: for| from| than)?(?: that)?(?: only| just)? "
    rf"(?P<old>{THE} [\w' -]+?)"
    r"(?:,? (?:which|that|who)|(?: (?:stays?|remains?|changes?|is (?:different|new|changed))[\w' ]*)?"
    r"\s*[,:;.] (?:and |but )?(?:it|that|this|they|those|which|(?P=old)))?"
    r" (?P<verb>(?:should|must|has to|have to|needs to|ought to) (?:be|become|go|disappear|vanish)|"
    r"(?:has|have|is|are) (?:been )?(?:taken (?:away|out)|removed|deleted|erased|left out)(?: of it)?|"
    r"(?:is|are)(?: now)?|becomes?|turns?(?: into)?)(?!\w)"
)
""" "everything stays as it is except the cup, which should be"."""
TURNS = (
    # it is the wig that has changed colour, from green to orange
    (
        rf"(?:it is |it's )?(?P<old>{THE} [\w' -]+?)(?: (?:that|which))? (?:has|have)(?: now)? (?:changed|turned)"
        r"(?: (?:its|their|his|her))?(?: colou?rs?| material| size)?,? from (?P<from>[\w' -]+?) (?:in)?to ",
        r"change \g<old> from \g<from> to ",
    ),
    # if you look at its sails you will find them black
    (
        rf"(?:if|when|once) you look at (?P<old>{THE} [\w' -]+?),? (?:now )?(?:you(?:'ll| will) )?"
        r"(?:find|see|notice|discover)?(?: that)? ?(?:them|it|they are|it is|he is|she is) (?:to be )?",
        r"\g<old> should be ",
    ),
    # its stripes are no longer red but blue
    (
        r"(?<=(?:is|re)) (?:no longer|not) (?:[\w'-]+ ){1,5}?(?:any more |anymore )?"
        r"but (?:now |rather |instead )?(?!not\b)",
        " now ",
    ),
    # it's not a bone but a shoe that the dog has
    (
        r"\bit(?:'s| is) (?:no longer|not) (?P<old>(?:an?|the) [\w' ]+?) but (?P<new>(?:an?|the) [\w' -]+?)"
        r"(?: that| which|$|(?=[,;.]))",
        r"replace \g<old> with \g<new>,",
    ),
    # no longer rides a bicycle but a donkey
    (
        r"(?:no longer|does not|doesn't|do not|don't|is not|isn't) (?P<verb>\w+) (?P<old>(?:an?|the) [\w' ]+?) "
        r"but (?:now |rather |instead )?(?P<new>(?:an?|the) [\w' -]+)",
        r"\g<verb> \g<new> instead of \g<old>",
    ),
    # the cat, though, is gone
    (
        rf"\b(?P<old>{THE} [\w' -]+), (?:though|however|meanwhile|by contrast|of course),"
        r"(?= (?:is|are|has|have|was|were|should|now)\b)",
        r"\g<old>",
    ),
    # a sofa with the pillow gone
    (
        rf",? with (?P<old>{THE} [\w' -]+?) (?:gone|removed|missing|absent|deleted|erased|"
        r"(?:taken|left|edited|cropped) (?:away|out|off))(?=$|[,;.])",
        r" without \g<old>",
    ),
    # holding a rabbit where he used to hold a newspaper
    (
        r"\bwhere (?:he|she|it|they) (?:used to|once|formerly|previously) \w+(?: on| at| in)? "
        r"(?=(?:an?|the|his|her)\b)",
        "instead of ",
    ),
    # between the chairs somebody has placed a table
    (rf"(?P<place>\b{ON} {THE} [\w' -]+?),? {SOMEBODY} {SOMETHING}", r"put \g<new> \g<place>"),
    # on top of the shelf, put a globe
    (
        rf"(?:^|(?<=[,;.] ))(?P<place>{ON} {THE} [\w' -]+?), "
        rf"(?P<verb>(?:please )?(?:put|place|add|hang|draw|set|paint|insert|stick|have)) {SOMETHING}",
        r"\g<verb> \g<new> \g<place>",
    ),
)
"""(pattern, what it is in plain words), an example above each."""
PATTERNS = tuple((re.compile(pattern), plain) for pattern, plain in TURNS)


def put_plainly(text: str) -> str:
    """A prompt with its roundabout turns straightened; ``text`` is in lower case and without prompt syntax."""
    text = ALL_BUT.sub(_only_that, text)
    for pattern, plain in PATTERNS:
        text = pattern.sub(plain, text)
    return text


def _only_that(match: re.Match[str]) -> str:
    """What is left when "everything else stays" is taken away: "the cup should be"."""
    verb = re.sub(r"^(?:is|are)\b(?: now)?$", "should be", match["verb"])
    gone = re.match(r"(?:has|have|is|are) (?:been )?(?:taken|removed|deleted|erased|left)", verb)
    return f", {match['old']} {'should be removed' if gone else verb}"
