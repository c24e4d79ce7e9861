"""Trust rules about actions of the admin: Django runs one for all who see the list, unless it names a right."""

from collections.abc import Iterator

from pickguard.base.scales import Area, Confidence, Severity
from pickguard.kit import Hit, Project, Spot, rule
from pickguard.kit.code import tail
from pickguard.lessons.trust.admin.admin_actions import unasked


@rule(
    "trust.action-for-viewers",
    title="whoever may look at rows in the admin changes them",
    areas=(Area.INTEGRITY,),
    cwe=(862,),
    severity=Severity.LOW,
    gain="somebody with no right but to view the rows runs the action on all of them",
    mend='name the right that it takes: `@admin.action(permissions=["change"])`',
)
def action_for_viewers(project: Project) -> Iterator[Hit]:
    """Find actions of the admin that update, save or delete rows, and name no permission; once a class."""
    for symbol, action, call, kept in unasked(project):
        if kept is None:
            is_delete = tail(call.func) == "delete"
            yield Hit(
                (Spot(action.module.path, action.node.span),),
                f"`{action.node.name}` {'deletes' if is_delete else 'changes'} rows for whoever may view them",
                Confidence.MEDIUM,
                action.name,
                Severity.MEDIUM if is_delete else None,
                mend='name the right: `@admin.action(permissions=["delete"])`' if is_delete else "",
                cause="" if is_delete else symbol.name,
            )
