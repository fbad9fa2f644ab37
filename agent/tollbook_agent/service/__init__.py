"""The resident agent under the system's own manager of services: systemd, launchd, Windows' task scheduler."""
