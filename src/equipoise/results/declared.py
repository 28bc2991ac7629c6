"""The protocol of a bundle, held against the hash that its results were computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from equipoise.errors import BundleError, Problem, Where

if TYPE_CHECKING:
    from equipoise.protocol.protocol import Protocol
    from equipoise.results.bundle import Bundle

__all__ = ["declared"]


def declared(bundle: Bundle) -> Protocol:
    """The protocol that a bundle's results were computed from.

    Args:
        bundle: The bundle as read.

    Raises:
        BundleError: When protocol.json was altered after the analysis.
    """
    from equipoise.protocol.canonical import protocol_hash
    from equipoise.protocol.loading import protocol_from_canonical

    protocol = protocol_from_canonical(bundle.protocol)
    said = {str(bundle.protocol.get("hash")), str(bundle.manifest.get("protocol_hash"))}
    if said != {protocol_hash(protocol)}:
        raise BundleError(
            Problem(
                code="report.protocol_hash",
                message="the protocol in this bundle is not the one that its results were computed from",
                where=Where(file=str(bundle.path / "protocol.json")),
                value=", ".join(sorted(said)),
                cure="run `equipoise analyze` again",
            )
        )
    return protocol
