from django.apps import AppConfig


class TerraformStatesConfig(AppConfig):
    name = "resources.terraform_states"
    label = "terraform_states"
    verbose_name = "Terraform states"

    def ready(self) -> None:
        from projects.extensions.deletion_effects import DELETION_EFFECTS
        from resources.terraform_states.deletion import states_of

        DELETION_EFFECTS.append(states_of)
