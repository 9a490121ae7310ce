<#
.SYNOPSIS
    Applies plan.csv of dirsync-audit remediate to Active Directory, object by object.

.DESCRIPTION
    Try it first with -WhatIf: nothing is changed then.

    For each object of the plan, found by its objectGUID, the script reads what the directory holds now. Where a value
    that is to go is not there to the letter (case counts), or a value that is to come is there already, somebody has
    changed the object since the export: the object is skipped and named. Else all its values go and come in one
    modification, so that an object is changed whole or not at all.

    Before an object is changed, the rows that take the change back are appended to the undo file. It is a plan too:
        .\Apply-Plan.ps1 -Plan .\undo-20260131-120000.csv
    Rows of the undo file whose change did not come about are skipped then, since they do not fit what is there.

    Run it as somebody who may write the attributes of the plan, where the ActiveDirectory module (RSAT) is installed.
    Windows PowerShell 5.1 and PowerShell 7.

.PARAMETER Plan
    The plan. Default: plan.csv beside the script.

.PARAMETER Undo
    The file for the rows that take the changes back; it must not exist. Default: undo-<time>.csv beside the plan.

.PARAMETER Server
    The domain controller, such as dc1.contoso.com. Name one, so that what is read is what was written.

.PARAMETER Credential
    The account, if it is not yours.

.EXAMPLE
    .\Apply-Plan.ps1 -Server dc1.contoso.com -WhatIf

.EXAMPLE
    .\Apply-Plan.ps1 -Server dc1.contoso.com -Confirm:$false
#>
#Requires -Version 5.1
#Requires -Modules ActiveDirectory
[CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
param(
    [string] $Plan = (Join-Path -Path $PSScriptRoot -ChildPath 'plan.csv'),
    [string] $Undo = '',
    [string] $Server = '',
    [System.Management.Automation.PSCredential] $Credential = $null
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# What the plan may change, and which of it holds several values. Nothing else is ever written.
$multiValued = @{
    'mail'                        = $false
    'proxyAddresses'              = $true
    'msRTCSIP-PrimaryUserAddress' = $false
    'msRTCSIP-DeploymentLocator'  = $false
}
$columns = @('objectGUID', 'DN', 'attribute', 'operation', 'old', 'new', 'rule', 'confidence')

# A cell without the apostrophe that keeps spreadsheet programs from running it as a formula.
function Get-CellText {
    param([AllowEmptyString()] [string] $Cell)
    if ($Cell -cmatch '^\x27+[=+\-@\t\r\n]') {
        return $Cell.Substring(1)
    }
    return $Cell
}

# A text without characters that a terminal would obey or that hide others.
function Get-Shown {
    param([AllowEmptyString()] [string] $Text)
    return $Text -creplace '\p{C}', '?'
}

# Whether a list holds a text to the letter.
function Test-Holds {
    param([string[]] $Values, [string] $Text)
    foreach ($value in $Values) {
        if ([string]::Equals($value, $Text, [System.StringComparison]::Ordinal)) {
            return $true
        }
    }
    return $false
}

# Why the object cannot be changed as planned; empty where it can.
function Get-Obstacle {
    param([hashtable] $Held, [object[]] $Steps)
    foreach ($step in $Steps) {
        $present = @($Held[$step.Attribute])
        if ($step.Old.Length -gt 0 -and -not (Test-Holds -Values $present -Text $step.Old)) {
            return "$($step.Attribute) does not hold what is to go"
        }
        if ($step.Old.Length -eq 0 -and -not $multiValued[$step.Attribute] -and $present.Count -gt 0) {
            return "$($step.Attribute) has a value meanwhile"
        }
        if ($step.New.Length -gt 0 -and (Test-Holds -Values $present -Text $step.New)) {
            return "$($step.Attribute) holds what is to come"
        }
        # The directory compares without regard to case, and so does -ieq, both also without regard to characters that
        # cannot be seen: it would take the one for the other.
        $alike = @($present | Where-Object { $step.Old.Length -gt 0 -and $_ -ieq $step.Old })
        if ($alike.Count -gt 1) {
            return "$($step.Attribute) holds values that the directory may take for one another"
        }
    }
    return ''
}

# The values of one kind, by attribute.
function Get-Change {
    param([object[]] $Steps, [string] $Kind)
    $change = @{}
    foreach ($step in $Steps) {
        $value = $step.$Kind
        if ($value.Length -gt 0) {
            $change[$step.Attribute] = [string[]] (@($change[$step.Attribute] | Where-Object { $null -ne $_ }) + $value)
        }
    }
    return $change
}

# The rows that take the steps back; cells stay guarded as they were read.
function Get-UndoRow {
    param([object[]] $Steps)
    $inverse = @{ 'add' = 'remove'; 'remove' = 'add'; 'replace' = 'replace' }
    foreach ($step in $Steps) {
        $row = $step.Row
        [pscustomobject] @{
            objectGUID = $row.objectGUID
            DN         = $row.DN
            attribute  = $row.attribute
            operation  = $inverse[$row.operation]
            old        = $row.new
            new        = $row.old
            rule       = $row.rule
            confidence = $row.confidence
        }
    }
}

# One row of the plan, checked. By length: to -ceq, a text of characters that cannot be seen is an empty one.
function ConvertTo-Step {
    param([object] $Row, [int] $Number)
    if (-not $multiValued.ContainsKey($Row.attribute)) {
        throw "Row $Number of the plan: the attribute '$(Get-Shown -Text $Row.attribute)' is none that a plan changes."
    }
    $old = Get-CellText -Cell $Row.old
    $new = Get-CellText -Cell $Row.new
    $fits = switch -CaseSensitive ($Row.operation) {
        'add' { $old.Length -eq 0 -and $new.Length -gt 0 }
        'remove' { $old.Length -gt 0 -and $new.Length -eq 0 }
        'replace' { $old.Length -gt 0 -and $new.Length -gt 0 }
        default { $false }
    }
    if (-not $fits) {
        throw "Row $Number of the plan: the operation '$(Get-Shown -Text $Row.operation)' does not fit its values."
    }
    return [pscustomobject] @{
        Guid      = [guid] $Row.objectGUID
        Attribute = $Row.attribute
        Old       = $old
        New       = $new
        Row       = $Row
    }
}

if ($Undo -ceq '') {
    $name = 'undo-{0}.csv' -f (Get-Date -Format 'yyyyMMdd-HHmmss')
    $Undo = Join-Path -Path (Split-Path -Path (Resolve-Path -LiteralPath $Plan).ProviderPath -Parent) -ChildPath $name
}
if (Test-Path -LiteralPath $Undo) {
    throw "The undo file '$Undo' exists already; name another one with -Undo."
}

# The encoding is named in every call: Windows PowerShell would take a file without a mark for ANSI.
$rows = @(Import-Csv -LiteralPath $Plan -Encoding UTF8)
$steps = @()
if ($rows.Count -gt 0) {
    $missing = @($columns | Where-Object { $rows[0].PSObject.Properties.Name -notcontains $_ })
    if ($missing.Count -gt 0) {
        throw ('This is no plan, it lacks columns: ' + ($missing -join ', '))
    }
    # Everything is checked before anything is changed; row 1 is the one with the headings.
    $number = 1
    $steps = @($rows | ForEach-Object { $number++; ConvertTo-Step -Row $_ -Number $number })
}

$where = @{}
if ($Server -cne '') {
    $where['Server'] = $Server
}
if ($null -ne $Credential) {
    $where['Credential'] = $Credential
}
$changed = 0
$planned = 0
$skipped = 0

foreach ($group in @($steps | Group-Object -Property Guid)) {
    $own = @($group.Group)
    $guid = $own[0].Guid
    $name = Get-Shown -Text $own[0].Row.DN
    $attributes = @($own | ForEach-Object { $_.Attribute } | Sort-Object -Unique)
    try {
        $object = Get-ADObject -Identity $guid -Properties $attributes @where
        $name = Get-Shown -Text $object.DistinguishedName
        $held = @{}
        foreach ($attribute in $attributes) {
            # Not as a property: strict mode refuses one that has no value.
            $held[$attribute] = [string[]] @($object[$attribute] | Where-Object { $null -ne $_ })
        }
        $obstacle = Get-Obstacle -Held $held -Steps $own
        if ($obstacle -cne '') {
            $skipped++
            Write-Warning -Message "Skipped, changed since the export: $name ($guid): $obstacle."
            continue
        }
        $planned++
        $what = @($own | ForEach-Object { '{0} {1}: -[{2}] +[{3}]' -f $_.Row.operation, $_.Attribute, $_.Old, $_.New })
        $what = Get-Shown -Text ($what -join '; ')
        if ($PSCmdlet.ShouldProcess("$name ($guid)", $what)) {
            Get-UndoRow -Steps $own | Export-Csv -LiteralPath $Undo -Encoding UTF8 -NoTypeInformation -Append -WhatIf:$false -Confirm:$false
            # One call is one modification. Whatever the order of the parameters, what is removed goes before anything
            # is added, so that smtp: can become SMTP:.
            $change = @{}
            $remove = Get-Change -Steps $own -Kind 'Old'
            $add = Get-Change -Steps $own -Kind 'New'
            if ($remove.Count -gt 0) {
                $change['Remove'] = $remove
            }
            if ($add.Count -gt 0) {
                $change['Add'] = $add
            }
            Set-ADObject -Identity $guid @change @where -Confirm:$false
            $changed++
        }
    }
    catch {
        $skipped++
        Write-Warning -Message "Skipped: $name ($guid): $(Get-Shown -Text $_.Exception.Message)"
    }
}

Write-Output -InputObject "Objects as planned: $planned. Changed: $changed. Skipped: $skipped."
if ($changed -gt 0) {
    $quoted = [System.Management.Automation.Language.CodeGeneration]::EscapeSingleQuotedStringContent($Undo)
    Write-Output -InputObject "To take it back: .\Apply-Plan.ps1 -Plan '$quoted'"
}
if ($skipped -gt 0) {
    exit 1
}
