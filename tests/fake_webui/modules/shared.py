"""Settings, flags and the state of the running job."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from PIL import Image


class Options:
    """The host's settings: what an option is not registered for has no attribute."""

    def __init__(self) -> None:
        self.data_labels: dict[str, OptionInfo] = {}
        self.saved: list[tuple[str, dict[str, Any]]] = []
        self.data: dict[str, Any] = {
            "img2img_background_color": "#ffffff",
            "overlay_inpaint": True,
            "samples_format": "png",
            "samples_save": True,
            "stealth_pnginfo_option": "Alpha",
            "sd_model_checkpoint": "first.safetensors",
        }

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["data"][name]
        except KeyError:
            raise AttributeError(name) from None

    def add_option(self, key: str, info: OptionInfo) -> None:
        self.data_labels[key] = info
        if not info.do_not_save:
            self.data.setdefault(key, info.default)

    def set(self, key: str, value: Any) -> bool:
        """As Apply does; the callback of a setting that raises takes it back."""
        before = self.data.get(key)
        if before == value:
            return False
        self.data[key] = value
        info = self.data_labels.get(key)
        if info and info.onchange:
            info.onchange()
        return True

    def save(self, filename: str) -> None:
        self.saved.append((filename, dict(self.data)))


class OptionInfo:
    def __init__(
        self,
        default: Any = None,
        label: str = "",
        component: Any = None,
        component_args: Any = None,
        onchange: Any = None,
        section: Any = None,
    ) -> None:
        self.default, self.label, self.component, self.section = default, label, component, section
        self.component_args, self.onchange, self.do_not_save = component_args, onchange, False

    def info(self, _text: str) -> OptionInfo:
        return self


class State:
    """What the progress bar shows, and the buttons beside it."""

    def __init__(self) -> None:
        self.begin("")

    def begin(self, job: str) -> None:
        self.interrupted = self.skipped = self.stopping_generation = False
        self.job, self.job_count, self.textinfo = job, -1, None

    def end(self) -> None:
        self.job, self.job_count = "", 0


class Styles:
    """Named texts that are added to the prompt."""

    def __init__(self) -> None:
        self.styles: dict[str, str] = {}

    def apply_styles_to_prompt(self, prompt: str, names: list[str]) -> str:
        return ", ".join([prompt, *(self.styles[name] for name in names)])


class Upscaler:
    """A kind of upscalers. One that cannot load its file gives back a plain resize, without a word."""

    def __init__(self, name: str, works: bool = True) -> None:
        self.name, self.works = name, works

    def upscale(self, image: Image.Image, by: float, _path: str) -> Image.Image:
        size = int(image.width * by) // 8 * 8, int(image.height * by) // 8 * 8
        return image.resize(size, Image.Resampling.NEAREST if self.works else Image.Resampling.LANCZOS)


def upscaler(name: str, kind: str, works: bool = True) -> Any:
    return SimpleNamespace(name=name, data_path=f"models/{kind}/{name}.pth", scaler=Upscaler(kind, works))


opts = Options()
sd_upscalers = [upscaler("None", "None", False), upscaler("Lanczos", "Lanczos", False), upscaler("SwinIR_4x", "SwinIR")]
last_prompt = ""
state = State()
prompt_styles = Styles()
cmd_opts = SimpleNamespace(api=True, nowebui=False, api_auth=None)
models_path = "models"
config_filename = "config.json"
data_path = "data"
