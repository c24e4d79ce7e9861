"""What a lesson is made of: its page and its rules, found by looking into the lessons' folders."""

from pickguard.kit.code import Code
from pickguard.kit.lesson import Lesson, lessons
from pickguard.kit.page import Example, Page, Section
from pickguard.kit.project import Project
from pickguard.kit.rule import Hit, Rule, Spot, code_rule, rule
from pickguard.kit.settings.readings import Reading, reading

__all__ = [
    "Code",
    "Example",
    "Hit",
    "Lesson",
    "Page",
    "Project",
    "Reading",
    "Rule",
    "Section",
    "Spot",
    "code_rule",
    "lessons",
    "reading",
    "rule",
]
