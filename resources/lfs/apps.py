from django.apps import AppConfig


class LfsConfig(AppConfig):
    name = "resources.lfs"
    label = "lfs"
    verbose_name = "Git LFS"

    def ready(self) -> None:
        from jobs.housekeeping import STEPS
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from projects.extensions.events import project_forked
        from projects.extensions.external_files import EXTERNAL_FILES, EXTERNAL_STORES
        from projects.extensions.locked_paths import LOCKED_PATHS
        from projects.extensions.pushed_pointers import STORED_OBJECTS
        from resources.lfs import cleanup, locks, objects
        from resources.lfs.deletion import objects_of

        STEPS["LFS objects deleted that no commit needs"] = cleanup.delete_unneeded
        DELETION_EFFECTS.append(objects_of)
        EXTERNAL_FILES.append(objects.describe_pointer)
        EXTERNAL_STORES.append(objects.list_files)
        LOCKED_PATHS.append(locks.locked_by_others)
        STORED_OBJECTS.append(objects.list_oids)
        project_forked.connect(objects.copy_to_fork, dispatch_uid="lfs")
