"""The glossary: the one place where the pages explain their words, in plain English."""

from __future__ import annotations

#: The page that explains the words, as links on the other pages name it.
PAGE = "glossary"

#: Words and what they mean, by what they are about, in the order in which a visitor meets them.
WORDS: dict[str, dict[str, str]] = {
    "The talks": {
        "Scenario": "The file that says who negotiates about what, and what each of them wants, "
        "fears and can do. Every number in it has a source, is marked as a judgement or only "
        "fixes a unit.",
        "Simulated talks, world": "One playing of a scenario from its first day to its last, with "
        "luck of its own. The page One world tells a single one; all other pages count many.",
        "Party": "Whoever must agree to a deal or can refuse it.",
        "Mediator": "Somebody who carries messages, drafts texts, presses and guarantees, and "
        "cannot sign for a party.",
        "Text, round": "A draft of a deal on the table. In a round of talks each party accepts the "
        "text or refuses it.",
        "Stance: firm, flexible": "How a leadership stands on a day. One that stands firm signs "
        "nothing that gives up part of its stated position or crosses one of its red lines. One "
        "that is flexible bargains by its interests, and red lines have a price. What costs and "
        "people at home press for makes a leadership reconsider; time and leaks make it firm "
        "again.",
        "Window": "The days on which all leaderships that can refuse a deal are flexible. A deal "
        "can come outside one as well, where a firm side's terms suit a flexible one.",
        "Outside event": "Something that happens outside the talks, such as a second front that "
        "falls quiet. It comes by chance or on a day that you choose; it may open or close a "
        "leadership's window and move numbers of the scenario.",
        "Room": "There is room for agreement if some text is better than no deal for everyone who "
        "can refuse one, as they see it.",
        "Camp": "Parties that hear the same news, so that their leaderships tend to turn on the "
        "same days.",
        "In private": "Where a party's text has failed, a mediator may try one of its own. A no in "
        "private is no news, and stirs nobody at home.",
        "Sees no way out": "A party sees no way out when it believes that nothing it could accept "
        "would be accepted by the others.",
        "Leak": "What was said in confidence becomes known, and those who oppose a deal at home "
        "can act on it.",
    },
    "The deal": {
        "Truce": "The fighting stops by agreement, for some days or for good. It may collapse.",
        "Issue, level": "What a deal has to settle, such as how many days the truce lasts; and one "
        "of the answers that a text can give.",
        "Package": "One choice for every issue: a deal that could be signed.",
        "Reservation value": "What no deal is worth to a party, as it sees it. It refuses what is "
        "worth less.",
        "Zone of possible agreement (ZOPA)": "The packages that are better than no deal for "
        "everyone who can refuse one.",
        "Gap": "Where no package suits everybody: how much is missing. It is split into parts, one "
        "to an issue, that add up to the whole: how much would close if that issue were out of the "
        "way, averaged over all orders in which the issues might be settled (Shapley).",
        "Phase, batch": "A part of a deal that is carried out after another, and a group of people "
        "who are handed over on one day.",
        "In force": "A truce that has begun and has not ended. A deal is not yet success: many "
        "truces end early.",
        "Guarantee": "A promise of somebody outside to make a party pay for going back to war.",
        "Spoiler": "Somebody who is at no table, may break a truce and gains if it fails.",
    },
    "People": {
        "Captives, prisoners": "The people whom the other side holds. The words are those of the "
        "scenario and no judgement of why anyone is held. Counts are of people and never a score.",
        "Home alive": "Captives who return alive under a deal. Those who are rescued, who die in "
        "captivity or who are still held are counted apart.",
    },
    "What if": {
        "Lever": "Something that somebody in or around the talks could change. It moves one or "
        "more numbers of the scenario.",
        "Baseline": "What a change is held against: the scenario as it is, unless you make your "
        "own levers the baseline.",
        "What-if": "A baseline and what you changed of it: levers, or any number.",
        "Challenge": "A puzzle that a what-if can solve. It is checked whenever you compare.",
        "Mechanism": "A part of the model that keeps deals from coming about, such as firm "
        "stances, hopes, the vote at home or doubts whether a truce would last.",
        "Mediation": "All that the mediators do. What it is worth is found by playing the same "
        "talks without them.",
    },
    "Luck and numbers": {
        "Of 100": "How many of 100 simulated talks. It counts talks in the model; it is not the "
        "chance of anything in the world.",
        "Luck, seed": "What the model leaves to chance. The seed is a number that stands for one "
        "such draw: the same seed gives the same luck, here and at the command line.",
        "Same luck": "Two cases are played with the same draws of chance, so that a difference is "
        "an effect of the change and not of other luck.",
        "Early estimate": "The answer of the first 100 of the talks, shown until all are played.",
        "95 % interval": "If the talks were played again with other luck, intervals made so would "
        "hold the answer of endless play in 95 of 100 cases. It says nothing about whether the "
        "assumptions are right.",
        "Within noise": "The difference may be luck alone: its 95 % interval includes none.",
        "Median": "The middle one: half of the talks lie on either side.",
        "Base rate": "How often truces began in the past of such a conflict: a yardstick. In a "
        "scenario that has one, a single number, how readily leaderships reconsider, is fitted so "
        "that truces come about as often. That the two are alike is therefore no achievement of "
        "the model; look at what changes, and not at the level.",
        "Dot plot": "A hundred dots for all talks, each for one of 100, on the day when the first "
        "truce begins.",
        "Trend": "How far the outcome rises or falls, on average, from the lowest to the highest "
        "value of a number, while all others are drawn at random.",
    },
    "What it rests on": {
        "Source, judgement": "A number with a source can be looked up. Our judgement is a guess "
        "that we own up to, mostly with a range in which it may lie. In the scenarios that come "
        "with Parley more than nine in ten numbers that do not just fix a unit are judgements.",
        "Scorecard": "How the model fares against general facts about negotiations and against "
        "what happened in the past, with what it gets wrong.",
        "Fingerprint": "A short code that changes whenever a file changes. It shows whether two "
        "people look at the same scenario (sha256).",
    },
}
