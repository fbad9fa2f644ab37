# Installs or removes the agent for this user, without administrator rights: uv, the package, the scheduled task.
#   powershell -ExecutionPolicy Bypass -File install.ps1 [-Wheels FOLDER] [-Uninstall]
# For Intune: a Win32 app in user context; install command as above, uninstall command with -Uninstall, detection rule:
# the file %USERPROFILE%\.local\bin\tollbook.exe exists.
# Not run: no Windows machine was at hand when it was written (docs/platforms.md).
param([string]$Wheels = "", [switch]$Uninstall)
$ErrorActionPreference = "Stop"
$bin = Join-Path $env:USERPROFILE ".local\bin"
$tollbook = Join-Path $bin "tollbook.exe"
if ($Uninstall) {
    if (Test-Path $tollbook) { & $tollbook uninstall; if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE } }
    & (Join-Path $bin "uv.exe") tool uninstall tollbook-agent
    exit $LASTEXITCODE
}
if (-not (Get-Command uv -ErrorAction SilentlyContinue)) {
    throw "uv is not installed: winget install --id astral-sh.uv, then run this again"
}
$words = @("tool", "install", "--python", "3.13")
if ($Wheels -ne "") { $words += @("--find-links", $Wheels) }
& uv @words "tollbook-agent[proxy]"
if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }
& $tollbook install
exit $LASTEXITCODE
