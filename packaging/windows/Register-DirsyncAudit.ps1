# Registers the nightly audit. Run it once, in a PowerShell that was started as administrator. See docs/jobs.md.
[CmdletBinding(SupportsShouldProcess)]
param(
    # A group managed service account such as 'CONTOSO\gmsa-audit$'. Without one the task runs as LOCAL SERVICE.
    [string] $Account
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$folder = Join-Path $env:ProgramData 'dirsync-audit'
$xml = Get-Content -Raw -Path (Join-Path $PSScriptRoot 'dirsync-audit.xml')
$identity = 'NT AUTHORITY\LOCAL SERVICE'
if ($Account) { $identity = $Account }

if ($PSCmdlet.ShouldProcess($folder, 'make the folder, for administrators and the account of the task only')) {
    New-Item -ItemType Directory -Force -Path $folder | Out-Null
    & icacls.exe $folder /inheritance:r /grant:r '*S-1-5-32-544:(OI)(CI)F' '*S-1-5-18:(OI)(CI)F' "${identity}:(OI)(CI)M" | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "icacls ended with $LASTEXITCODE" }
}
if ($PSCmdlet.ShouldProcess('dirsync-audit', 'register the scheduled task')) {
    Register-ScheduledTask -TaskName 'dirsync-audit' -Xml $xml -Force | Out-Null
    if ($Account) {
        # The password of a gMSA is kept by Active Directory: nobody types it.
        $principal = New-ScheduledTaskPrincipal -UserId $Account -LogonType Password -RunLevel Limited
        Set-ScheduledTask -TaskName 'dirsync-audit' -Principal $principal | Out-Null
    }
}
