"""How does another department's one-file export come in? Through a mapping of its columns."""

from django.core.management.base import CommandParser

from cases.management.commands._importing import ImportCommand


class Command(ImportCommand):
    help = "Import a one-file export through a mapping (see docs/import.md). Again changes nothing."
    task = "import_csv"
    path_help = "the exported CSV file"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--mapping", required=True, help="a saved or shipped mapping, or a TOML file"
        )
