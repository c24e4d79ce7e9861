"""Links template records into one map of a site's templates."""

from pickguard.site.templates.library import FilterFacts, Library, TagFacts
from pickguard.site.templates.loading import TemplateFolder, template_folders
from pickguard.site.templates.map import Edge, EdgeKind, FormPlace, OutputPlace, TemplateMap
from pickguard.site.templates.registered import registered

__all__ = [
    "Edge",
    "EdgeKind",
    "FilterFacts",
    "FormPlace",
    "Library",
    "OutputPlace",
    "TagFacts",
    "TemplateFolder",
    "TemplateMap",
    "registered",
    "template_folders",
]
