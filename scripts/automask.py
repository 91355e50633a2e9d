"""What the host loads first. It registers every Script class that it finds in this file."""

from functools import partial

from modules import script_callbacks

from lib_automask.webui import api, callback_order, model_setup, outputs, request, settings
from lib_automask.webui.extras import AutomaskCutout  # noqa: F401
from lib_automask.webui.script import Automask

script_callbacks.on_ui_settings(partial(settings.add_settings, model_setup.make_model_setup))
script_callbacks.on_before_ui(request.add_axes)
script_callbacks.on_app_started(partial(api.add_routes, Automask.pool, Automask.registry))
script_callbacks.on_before_image_saved(outputs.restore_transparency)
script_callbacks.on_image_saved(Automask.registry.remember)
script_callbacks.on_script_unloaded(Automask.pool.unload)
callback_order.order_callbacks()
