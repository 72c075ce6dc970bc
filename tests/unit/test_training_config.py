"""What surrounds a training: its config file, schedule, curves, timing and model card."""

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from made_motions import write_motions
from posewright.core.training.card import model_card
from posewright.core.training.config import SECTIONS, SHIPPED, as_toml, read_recipe
from posewright.core.training.curves import Curves, Row, read_curves
from posewright.core.training.plot import ORANGE, draw_curves, ticks, write_curves
from posewright.core.training.recipe import Recipe, count_parameters
from posewright.core.training.schedule import Schedule
from posewright.core.training.sources import CMU_ACKNOWLEDGEMENT, OWN_LICENCE, Source, read_sources, terms_of
from posewright.core.training.timing import Stopwatch, Usage, covered
from posewright.core.training.train import TRAIN_FILE
from posewright.errors import UsageError


def test_shipped_configs_are_read_and_the_gpu_one_is_full_size() -> None:
    assert sorted(path.stem for path in SHIPPED.glob("*.toml")) == ["cpu", "gpu"]
    cpu, gpu = read_recipe("cpu"), read_recipe("gpu", {"minutes": 5.0})
    assert cpu == Recipe()
    assert (gpu.n_layers, gpu.dim_feat, gpu.num_heads, gpu.frames, gpu.mlp_ratio, gpu.minutes) == (16, 128, 8, 27, 4, 5)
    with torch.device("meta"):
        former = gpu.build().tcpformer
    # the official network has 34,961,587 values at 27 frames; ours has two joints, some inputs and options more
    assert count_parameters(former) == pytest.approx(34_961_587, rel=0.02)


def test_a_config_written_out_gives_the_same_settings(tmp_path: Path) -> None:
    recipe = replace(Recipe(), prior_steps=7, uncertainty=True, learning_rate=2e-5, start_from='/a "b"\\c.safetensors')
    (tmp_path / "own.toml").write_text(as_toml(recipe))
    assert read_recipe(str(tmp_path / "own.toml")) == recipe
    named = [name for keys in SECTIONS.values() for name in keys.values()]
    assert sorted(named) == sorted(vars(recipe))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[run]\nminuets = 3", "no setting minuets"),
        ("[ruin]\nminutes = 3", "no section for ruin"),
        ("minutes = 3", "no section for minutes"),
        ("[run]\nminutes = true", "must be a number"),
        ("[run]\nseed = 1.5", "must be a whole number"),
        ("[run]\ncompile = 1", "must be true or false"),
        ("[run]\nminutes = ", "no valid TOML"),
        ("[run]\nminutes = 0", "minutes must be more than 0"),
        ("[run]\nminutes = nan", "minutes must be a finite"),
        ("[run]\nprior_share = 2", "prior_share must be between"),
        ("[run]\njoint_steps = -1", "must not be negative"),
        ('[run]\nprecision = "half"', "precision must be one of"),
        ("[run]\nfreeze_prior = true", "frozen prior"),
        ("[tcpformer]\nframes = 0", "frames must be at least 1"),
        ("[tcpformer]\ndim_feat = 10\nnum_heads = 4", "multiple of num_heads"),
    ],
)
def test_a_wrong_config_gets_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_recipe(str(path))
    with pytest.raises(UsageError, match="give cpu or gpu"):
        read_recipe(str(tmp_path / "none.toml"))


def test_rates_warm_up_and_fall_and_meet_between_the_parts() -> None:
    recipe = replace(Recipe(), prior_steps=100, joint_steps=100, warm_up_steps=10)
    schedule, rates = Schedule(recipe), []
    while schedule.done < 1:
        part, _ = schedule.part()
        rates.append(schedule.rates())
        schedule.steps[part] += 1
        schedule.seconds[part] += 0.5
    prior, former = np.array(rates).T / recipe.learning_rate
    assert schedule.steps == [100, 100]
    assert prior[0] == pytest.approx(0.1) and prior[9:12].min() > 0.95
    assert prior[99] == pytest.approx(recipe.prior_late_rate, abs=0.01)
    assert (former[:100] == 0).all() and former[100] == pytest.approx(0.1) and former[-1] < 0.01
    assert prior[100:].max() <= recipe.prior_late_rate


def test_the_clock_says_where_a_training_stands() -> None:
    clock = Schedule(replace(Recipe(), minutes=2.0, prior_share=0.5), seconds=[30.0, 0.0])
    assert clock.done == 0.25 and clock.part() == (0, 0.5)


def test_curves_forget_what_was_undone_and_lines_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "curves.csv"
    curves = Curves(path)
    rows = [Row(float(i), 10 * i, 1, 1e-3, 0.5, *((40.0, 50.0) if i == 2 else (None, None))) for i in range(1, 5)]
    for row in rows:
        curves.add(row)
    with path.open("a") as file:
        file.write("5.0,50,1,0.00")  # killed while writing
    assert read_curves(path) == rows
    resumed = Curves(path, last_step=30)
    resumed.add(replace(rows[3], loss=0.25))
    assert read_curves(path) == [*rows[:3], replace(rows[3], loss=0.25)]


def test_the_picture_shows_the_validation_falling(tmp_path: Path) -> None:
    rows = [
        Row(60.0 * i, i, 1 + (i > 50), 1e-3, 1 / i, *((60 - 0.2 * i, 80 - 0.2 * i) if i % 10 == 0 else (None, None)))
        for i in range(1, 101)
    ]
    write_curves(tmp_path / "curves.png", rows)
    picture = cv2.imread(str(tmp_path / "curves.png"))
    assert picture is not None and np.array_equal(picture, draw_curves(rows))
    height, columns = np.nonzero((picture[400:] == ORANGE).all(axis=-1))  # lower half: the legend, and the curve
    curve = height > 30
    assert np.corrcoef(columns[curve], height[curve])[0, 1] > 0.95
    assert draw_curves([]).shape == draw_curves(rows[:1]).shape == picture.shape


def test_ticks_are_round_and_enclose() -> None:
    assert ticks(0, 60, 6) == [0, 10, 20, 30, 40, 50, 60]
    assert ticks(0.13, 0.61, 5) == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert len(ticks(5, 5, 5)) > 1


def test_shares_of_the_time() -> None:
    assert covered([(0, 2), (1, 3), (5, 6), (5, 5.5)]) == 4
    watch = Stopwatch(torch.device("cpu"))
    watch.mark()
    watch.mark()
    assert len(watch.seconds()) == 1 and 0 <= watch.seconds()[0] < 1
    usage = Usage(synthesis=1.0, steps=8.0).as_json()
    assert usage == {"synthesis_share": 0.125, "gpu_busy_share": None}


def test_terms_follow_the_data(tmp_path: Path) -> None:
    write_motions(tmp_path)
    (made,) = read_sources(tmp_path / TRAIN_FILE)
    assert (made.names, made.clips, made.minutes) == (("made",), 2, pytest.approx(130 / 30 / 60))
    unknown = terms_of([made], {})
    assert "not stated" in unknown["licence"] and "bind" in unknown["terms"] and "acknowledgement" not in unknown
    cmu = Source(("cmu_bvh",), "CMU: free for any use", 5, 1.0)
    free = terms_of([cmu], {})
    assert free["licence"] == OWN_LICENCE and "terms" not in free and free["acknowledgement"] == CMU_ACKNOWLEDGEMENT
    begun = terms_of([cmu], {"file": "x.safetensors", "licence": "research only", "training_data": "things"})
    assert (
        "research only" in begun["licence"] and "x.safetensors, which was trained on: things" in begun["training_data"]
    )


def test_the_data_of_the_shipped_lifter_is_free(shared: Path) -> None:
    sources = read_sources(shared / "mocap" / TRAIN_FILE)
    assert sum(source.minutes for source in sources) == pytest.approx(42.8, abs=0.1)
    assert terms_of(sources, {})["licence"] == OWN_LICENCE


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_the_card_says_what_a_reader_must_know(device: str) -> None:
    recipe = replace(Recipe(), uncertainty=True)
    row = {"pa_mpjpe_mm": 37.71, "mpjpe_mm": 47.4, "bone_degrees": 7.8, "acceleration_mm": 17.7, "evaluation": 2}
    header = {
        "config": recipe.network(),
        "joints": ["pelvis", "nose"],
        "channels": ["x", "y"],
        "frames": 9,
        "stride_seconds": 0.1,
        **terms_of([Source(("cmu_bvh",), "CMU: free for any use", 5, 1.0)], {}),
        "training": {
            "recipe": recipe.as_json(),
            "steps": [16705, 7313],
            "best_step": 24000,
            "seconds": 3600,
            "device": device,
            "precision": "float32",
            "parameters": 4_080_000,
            "synthesis_share": 0.11,
            "gpu_busy_share": 0.9 if device == "cuda" else None,
        },
        "figures": {"lifter": {"exact": row, "noisy": {**row, "pa_mpjpe_mm": 51.3}}, "prior_alone": {"noisy": row}},
    }
    card = model_card("mine", header, 8_400_000)
    assert card.startswith("# mine\n") and card.endswith("\n")
    for said in ("uncertainty", "4.08 million", "8.4 MB", OWN_LICENCE, CMU_ACKNOWLEDGEMENT, "16705 steps", "11 %"):
        assert said in card, said
    assert "| whole network | noisy | 51.3 |" in card and "| per-frame part alone | noisy | 37.7 |" in card
    assert ("GPU was busy 90 %" in card) == (device == "cuda")
    assert ("16 layers, 128 features" in card) == (device == "cpu")
    assert math.isclose(card.count("|---"), 2 + 6)
