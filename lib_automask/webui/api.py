"""The extension's own routes: the schema of the options, a mask without painting, and the release of memory."""

# Without `from __future__ import annotations`: FastAPI reads the annotations of the functions that add_routes makes.

import base64
import io
from hmac import compare_digest
from typing import Any

from modules import shared
from modules.call_queue import queue_lock
from PIL import Image

from lib_automask.errors import InputError, ModelError
from lib_automask.imaging import files, infotext_metadata
from lib_automask.options import FIELDS, Field, Options
from lib_automask.recipe import passes_as_text
from lib_automask.types import Mask, MaskRequest
from lib_automask.webui import settings
from lib_automask.webui.infotext import PromptRegistry
from lib_automask.webui.messages import explain_error
from lib_automask.webui.model_pool import ModelPool
from lib_automask.webui.processing import flatten_picture, read_host_mask

STATUS = {InputError.exit_code: 422, ModelError.exit_code: 503}
"""HTTP status by the error's exit code; 500 for the others."""

KEYS = ("image", "prompt", "options", "user_mask", "own_prompt")
"""What a request for a mask may hold."""


def add_routes(pool: ModelPool, registry: PromptRegistry, _demo: Any, app: Any) -> None:
    """Add the routes where the host's API is on, behind its ``--api-auth``. ``_demo`` is None with ``--nowebui``."""
    from fastapi import Body, Depends, HTTPException
    from fastapi.security import HTTPBasic, HTTPBasicCredentials

    if not (shared.cmd_opts.api or shared.cmd_opts.nowebui):
        return

    def check_password(credentials: HTTPBasicCredentials = Depends(HTTPBasic())) -> None:  # noqa: B008
        if not is_known_user(credentials.username, credentials.password):
            raise HTTPException(401, "Incorrect username or password", {"WWW-Authenticate": "Basic"})

    def options() -> list[dict[str, Any]]:
        return options_schema()

    def mask(request: dict[str, Any] = Body(...)) -> dict[str, Any]:  # noqa: B008
        try:
            with queue_lock:
                return answer_mask_request(pool, registry, request)
        except Exception as error:
            explained = explain_error(error)
            detail = str(explained).encode("utf-8", "backslashreplace").decode()  # half a character is no JSON
            raise HTTPException(STATUS.get(explained.exit_code, 500), detail) from error

    def unload() -> dict[str, Any]:
        with queue_lock:
            pool.unload()
        return {}

    guard = [Depends(check_password)] if shared.cmd_opts.api_auth else []
    app.add_api_route("/automask/v1/options", options, methods=["GET"], dependencies=guard)
    app.add_api_route("/automask/v1/mask", mask, methods=["POST"], dependencies=guard)
    app.add_api_route("/automask/v1/unload", unload, methods=["POST"], dependencies=guard)


def is_known_user(username: str, password: str) -> bool:
    """Whether ``--api-auth`` names this user with this password."""
    login = f"{username}:{password}".encode()
    accepted = [compare_digest(login, pair.encode()) for pair in shared.cmd_opts.api_auth.split(",")]
    return any(accepted)


def options_schema() -> list[dict[str, Any]]:
    """Every option, in the order of the positional args."""
    return [describe_option(row) for row in FIELDS]


def describe_option(row: Field) -> dict[str, Any]:
    """One option: name, type, default, allowed values, help and infotext key."""
    entry: dict[str, Any] = {"name": row.name, "type": row.type.__name__, "default": row.default}
    if row.choices:
        entry["choices"] = list(row.choices)
    if row.type in (int, float):
        entry.update(minimum=row.minimum, maximum=row.maximum, step=row.step)
    return {**entry, "allowed": row.allowed, "help": row.help, "infotext": row.infotext}


def answer_mask_request(pool: ModelPool, registry: PromptRegistry, request: dict[str, Any]) -> dict[str, Any]:
    """The command line's JSON object, with the mask as a PNG in ``["mask"]["image"]``. Raises AutomaskError."""
    from lib_automask.pipeline import build_mask
    from lib_automask.report import result_as_json

    if unknown := set(request) - set(KEYS):
        raise InputError(f"unknown key {sorted(unknown)[0]!r}; known are {', '.join(KEYS)}")
    prompt, own_prompt = request.get("prompt", ""), request.get("own_prompt", "")
    if not (isinstance(prompt, str) and isinstance(own_prompt, str) and isinstance(request.get("options", {}), dict)):
        raise InputError("prompt and own_prompt must be text, and options a dict")
    (values,) = passes_as_text([{"enabled": True, **request.get("options", {})}])
    options = Options.from_mapping(values)
    picture = read_picture_field(request.get("image"), "image")
    image = flatten_picture(picture)
    own_prompt = own_prompt or infotext_metadata.read_own_prompt(picture) or registry.prompt_of(image)
    mask_request = MaskRequest(image, prompt, decode_user_mask(request), options, own_prompt)
    shared.state.begin(job="automask")  # the Interrupt of an earlier job would end this one
    try:
        with pool.models(settings.read_settings()) as models:
            result = build_mask(mask_request, models)
    finally:
        shared.state.end()
    report = result_as_json(result, prompt)
    report["mask"]["image"] = encode_mask_base64(result.mask)
    return report


def decode_user_mask(request: dict[str, Any]) -> Mask | None:
    """bool[H, W], read as the host reads masks; None where none was sent."""
    return read_host_mask(read_picture_field(request["user_mask"], "user_mask")) if request.get("user_mask") else None


def read_picture_field(text: Any, name: str) -> Image.Image:
    """A picture from base64, with or without a data: prefix, turned upright. Raises InputError."""
    wrong = InputError(f"{name} must be a picture in base64, such as a PNG or JPEG file")
    if not isinstance(text, str) or not text:
        raise wrong
    try:
        content = base64.b64decode("".join(text.rpartition(",")[2].split()), validate=True)
    except ValueError as error:  # also binascii's, and text that is not ASCII
        raise wrong from error
    return files.decode_picture(io.BytesIO(content), name)


def encode_mask_base64(mask: Mask) -> str:
    """Base64 of a PNG; white is repainted."""
    return base64.b64encode(files.encode_mask_png(mask)).decode()
