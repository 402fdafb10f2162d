from django.apps import AppConfig


class PackagesConfig(AppConfig):
    name = "resources.packages"
    label = "packages"

    def ready(self) -> None:
        from jobs.housekeeping import STEPS
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from resources.packages import download_counts, maven_metadata
        from resources.packages.deletion import packages_of
        from resources.packages.protection.details import PACKAGE
        from resources.packages.publishers.mint import delete_expired
        from resources.packages.services import AFTER_DELETION
        from tokenaccess.access_log import buffer
        from tokenaccess.explanation.details import KINDS

        DELETION_EFFECTS.append(packages_of)
        KINDS.append(PACKAGE)
        STEPS["upload tokens deleted"] = delete_expired
        buffer.WRITERS.append(download_counts.write)
        AFTER_DELETION[maven_metadata.KIND] = maven_metadata.rewrite_metadata
