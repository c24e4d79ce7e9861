"""Somebody who writes all the time, and a rule that holds between any two of the writes."""

import random
import time
from pathlib import Path

from django.core.files.base import ContentFile
from django.db import Error, connection, transaction
from tests.backups.site.everything.models import ByName, ByTwo, Hen, Parent, Tagged

NAMES = [f"account {number}" for number in range(20)]


def accounts() -> None:
    """Open the accounts."""
    ByName.objects.bulk_create([ByName(name=name, value=100) for name in NAMES])


def balanced() -> list[str]:
    """Return what does not hold: the smoke check of a copy that was made meanwhile."""
    values = dict(ByName.objects.filter(name__in=NAMES).values_list("name", "value"))
    found = []
    if sum(values.values()) != 100 * len(NAMES):
        found.append(f"the accounts hold {sum(values.values())}")
    pairs = set(ByTwo.objects.filter(left__gte=1000).values_list("left", flat=True))
    written = set(Parent.objects.filter(name__startswith="p 1").values_list("name", flat=True))
    if {f"p {left}" for left in pairs} != written:
        found.append("half a transaction was backed up")
    return found


def write(begun: str, stop: str) -> int:
    """Write until there is a file `stop`; say by a file `begun` that it goes.

    Returns: how many transactions there were.
    """
    chance, count = random.Random(1), 0
    end = time.monotonic() + 120  # a test that failed may not tell us to stop
    while not Path(stop).exists() and time.monotonic() < end:
        try:
            _once(chance, count)
            count += 1
            if count == 4:
                Path(begun).touch()
        except Error:  # sent away by a restore, or waiting for it
            connection.close()
            time.sleep(0.02)
    return count


def _once(chance: random.Random, count: int) -> None:
    with transaction.atomic():
        giver, taker = chance.sample(NAMES, 2)
        for name, change in sorted({giver: -1, taker: 1}.items()):
            account = ByName.objects.select_for_update().get(name=name)
            account.value += change
            account.save()
        number = Parent.objects.order_by("-pk").values_list("pk", flat=True)[0]
        name = f"p 1{number:08}"
        Parent.objects.create(name=name)
        ByTwo.objects.create(left=int(name[2:]), right=count, value="é")
        Hen.objects.create()
        Hen.objects.filter(pk__lt=number - 50).delete()
    if count % 20 == 0:
        Tagged.objects.create().file.save("more.bin", ContentFile(b"%d" % count))
