"""Whom this service may ask over the network: the hosts the operator has named, and no others."""

from collections.abc import Collection

from app.errors import SetupError


def hosts_of(setting: str) -> frozenset[str]:
    """The hosts of the setting, which are separated by spaces."""
    return frozenset(setting.lower().split())


def refuse_host(host: str | None, allowed: Collection[str]) -> None:
    """Refuse with `SetupError` to send anything to a host that is not among those allowed."""
    if (host or "").lower() not in allowed:
        raise SetupError(
            f"{host or 'this address'} is not in CREDIT_VILLAGE_OUTGOING_HOSTS: name or correct it. "
            "该主机不在允许访问的名单中。"
        )
