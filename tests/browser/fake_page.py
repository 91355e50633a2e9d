"""A page as the hosts build it, with automask's panel in it and the demo models behind it, served until it is ended.

``python -m tests.browser.fake_page PORT`` from the project's folder, with gradio 3.41 as in AUTOMATIC1111 or 4.40 as in
Forge. The run itself is the fake host's: it paints noise under the mask.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "fake_webui")]

import gradio as gr  # noqa: E402
from modules import img2img, scripts, shared  # noqa: E402

from lib_automask.webui.script import Automask  # noqa: E402

IS_OLD = gr.__version__.startswith("3.")
DEMO = ("captioner", "matcher", "segmenter")
runs = itertools.count(1)


def accept_underscore_js() -> None:
    """Forge lets extensions go on writing gradio 3's ``_js``."""
    click = gr.Button.click

    def with_js(self: Any, *args: Any, _js: str | None = None, **kwargs: Any) -> Any:
        return click(self, *args, js=_js, **kwargs)

    gr.Button.click = with_js


def build_page() -> gr.Blocks:
    """The img2img tab, as far as automask looks at it."""
    automask = Automask()
    with gr.Blocks(css=(ROOT / "style.css").read_text(), title="fake host") as page:
        with gr.Row():
            prompt = gr.Textbox(label="Prompt", elem_id="img2img_prompt")
            generate = gr.Button("Generate", elem_id="img2img_generate")
            gr.Button("Interrupt", elem_id="img2img_interrupt")
        with gr.Row():
            with gr.Column():
                pictures = build_tabs()
                controls = automask.ui(True)
            with gr.Column(elem_id="img2img_results"), gr.Column(elem_id="img2img_gallery_container"):
                gallery = gr.Gallery(elem_id="img2img_gallery", label="Output")
                log = gr.HTML("", elem_id="html_log_img2img")
                infotext = gr.Textbox(label="Infotext", elem_id="infotext")
        inputs = [gr.Number(0, visible=False), prompt, *pictures, *controls]
        outputs = [gallery, infotext, log]
        run = make_run(automask, len(pictures))
        generate.click(run, _js="submit_img2img", inputs=inputs, outputs=outputs, show_progress=False)
        paste = gr.Button("Paste", elem_id="paste")
        paste.click(
            make_paste(automask), inputs=[infotext], outputs=[field for field, _read in automask.infotext_fields]
        )
    return page


def build_tabs() -> list[Any]:
    """The image boxes of the tabs img2img, Inpaint (picture and mask) and Inpaint upload."""
    with gr.Tabs(elem_id="mode_img2img"):
        with gr.Tab("img2img"):
            first = image_box("img2img_image", **({"tool": "editor"} if IS_OLD else {}))
        with gr.Tab("Sketch"):
            gr.HTML("sketch")
        with gr.Tab("Inpaint"):
            inpaint = build_old_inpaint() if IS_OLD else build_new_inpaint()
        with gr.Tab("Inpaint sketch"):
            gr.HTML("inpaint sketch")
        with gr.Tab("Inpaint upload"):
            upload = [image_box("img_inpaint_base"), image_box("img_inpaint_mask")]
    return [first, *inpaint, *upload]


def image_box(elem_id: str, **more: Any) -> gr.Image:
    """A box that takes a file."""
    source = {"source": "upload"} if IS_OLD else {"sources": ["upload"]}
    return gr.Image(elem_id=elem_id, interactive=True, type="pil", image_mode="RGBA", **source, **more)


def build_old_inpaint() -> list[Any]:
    """gradio 3's own sketch, picture and mask in one value."""
    return [image_box("img2maskimg", tool="sketch", height=400), gr.Textbox("", visible=False)]


def build_new_inpaint() -> list[Any]:
    """In place of Forge's canvas: its name, and the two texts behind it."""
    gr.HTML('<div class="forge-container" id="container_uuid_1">canvas</div>', elem_id="img2maskimg")
    return [
        gr.Textbox("", label=layer, elem_id="uuid_1", elem_classes=[f"logical_image_{layer}"], visible=False)
        for layer in ("background", "foreground")
    ]


def make_run(automask: Automask, count: int) -> Any:
    """The function behind Generate: pictures, infotext, and the text below the result."""

    def run(tab: float, prompt: str, *values: Any) -> tuple[list[Any], str, str]:
        pictures, args = values[:count], (True, *values[count + 1 :])  # in the hosts an open panel is switched on
        picture, mask = (pictures[3], pictures[4]) if tab == 4 else (pictures[0], None)
        runner = scripts.ScriptRunner([(automask, list(args))])
        images, infotexts, text = img2img.page(
            runner, [0, *args], init_images=[picture], prompt=prompt, **({"mask": mask} if mask else {})
        )
        log = "<br>".join(text.splitlines())
        return images, "".join(infotexts[:1]), f"<p class='comments'>{log}</p><p>Time taken: {next(runs)}</p>"

    return run


def make_paste(automask: Automask) -> Any:
    """The function that reads an infotext into the panel, as the hosts do."""

    def paste(text: str) -> list[Any]:
        entries = re.findall(r'([\w ]+): ("(?:\\.|[^\\"])*"|[^,]*)', text.splitlines()[-1])
        params = {key.strip(): json.loads(value) if value.startswith('"') else value for key, value in entries}
        return [read(params) for _field, read in automask.infotext_fields]

    return paste


def main() -> None:
    shared.opts.data.update({f"automask_{kind}": "demo" for kind in DEMO})
    if not IS_OLD:
        accept_underscore_js()
    build_page().launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, show_api=False)


if __name__ == "__main__":
    main()
