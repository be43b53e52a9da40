"""The only composition root: `python -m shared.bootstrap api|worker|scheduler|gateway|migrate SERVICE…`."""

from shared.bootstrap.service import Service, ServiceRuntime

__all__ = ["Service", "ServiceRuntime"]
