"""When the models are loaded, kept and released."""

from __future__ import annotations

import pytest
from modules import shared

from lib_automask.interfaces import Models
from lib_automask.webui import model_pool, settings


def choice(**values):
    defaults = {s.name: s.default for s in settings.SETTINGS}
    return settings.Choice(**{**defaults, "folders": (), "device": "cpu", **values})


@pytest.fixture
def loads():
    return []


@pytest.fixture
def held(loads, webui):
    return model_pool.ModelPool(
        lambda wanted: loads.append(wanted) or Models(None, None, None, model_pool.report_progress)
    )


def use(held, wanted):
    with held.models(wanted) as models:
        return models


def test_models_are_loaded_on_first_use_and_kept(held, loads):
    assert loads == []
    use(held, choice())
    use(held, choice())
    assert loads == [choice()]


def test_another_choice_loads_others(held, loads):
    use(held, choice())
    use(held, choice(segmenter="sam_vit_b"))
    assert len(loads) == 2


def test_models_that_should_not_be_kept_are_let_go_after_a_run_even_if_it_fails(held, loads):
    with pytest.raises(ValueError, match="broke"), held.models(choice(memory=settings.UNLOAD)):
        raise ValueError("broke")
    use(held, choice(memory=settings.UNLOAD))
    assert len(loads) == 2


def test_unloading_gives_the_memory_back(held, loads):
    use(held, choice())
    held.unload()
    use(held, choice())
    assert len(loads) == 2


def test_the_stage_and_its_share_show_in_the_progress_bar_and_is_gone_afterwards(held):
    with held.models(choice()) as models:
        models.progress("segments", 0.2)
        assert shared.state.textinfo == "automask: segments 20%"
    assert shared.state.textinfo is None


def test_folders_are_split_and_the_device_is_the_hosts():
    shared.opts.data["automask_folders"] = " /a/models ; /b "
    assert [folder.as_posix() for folder in settings.read_settings().folders] == ["models", "/a/models", "/b"]
    assert settings.read_settings().device == "cpu"
    del shared.opts.data["automask_folders"]
