"""How does a unit load the caseload it has? From a bundle: a folder or zip of four CSV files."""

from cases.management.commands._importing import ImportCommand


class Command(ImportCommand):
    help = "Import a caseload bundle (see docs/import.md). Again changes nothing."
    task = "import_caseload"
    path_help = "folder or zip with the bundle's CSV files"
