"""Regions, and the path of one person through detections of many."""

import numpy as np
import pytest
from posewright.core.detection.people import Person, letterbox
from posewright.core.detection.regions import cut_out, disagreement, region_of, scaled, to_image, wrap_angle
from posewright.core.detection.tracking import Sighting, choose_path, plan_regions, steady_sizes
from posewright.errors import PosewrightError, UsageError

SIZE = (1280, 720)


def person(x: float, y: float = 400.0, side: float = 500.0, angle: float = 0.0, score: float = 0.9) -> Person:
    return Person(np.array([x, y, side, angle]), score)


def walker(seconds: float = 4.0, side: float = 500.0) -> list[Sighting]:
    """Return somebody who crosses the picture, seen every 0.2 s."""
    return [Sighting(float(t), person(200 + 200 * t, side=side)) for t in np.arange(0, seconds, 0.2)]


def in_order(*groups: list[Sighting]) -> list[Sighting]:
    return sorted((s for group in groups for s in group), key=lambda s: s.time)


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.2, np.pi / 2, 3.0])
def test_region_stands_the_person_upright(angle: float) -> None:
    centre = np.array([300.0, 200.0])
    top = centre + 80.0 * np.array([np.sin(angle), -np.cos(angle)])
    region = region_of(centre, top)
    assert region == pytest.approx([300, 200, 200, angle])
    # The place above the middle of the crop is the one towards the head.
    place = to_image(np.array([[[0.5, 0.5 - 80 / 200]]]), region[None])[0, 0]
    assert place == pytest.approx(top)


def test_crop_shows_what_the_mapping_says() -> None:
    y, x = np.mgrid[:400, :600]
    image = np.stack([x / 600 * 255, y / 400 * 255, 0 * x], -1).astype(np.uint8)
    region = np.array([320.0, 190.0, 220.0, 0.5])
    crop = cut_out(image, region).astype(float)
    for column, row in ((64, 64), (128, 128), (200, 90)):
        place = to_image(np.array([[[column / 256, row / 256]]]), region[None])[0, 0]
        assert crop[row, column, :2] == pytest.approx([place[0] / 600 * 255, place[1] / 400 * 255], abs=1.5)


def test_large_regions_are_averaged_not_sampled() -> None:
    checks = (np.indices((1024, 1024)).sum(0) % 2 * 255).astype(np.uint8)
    crop = cut_out(np.repeat(checks[..., None], 3, 2), np.array([512.0, 512.0, 1000.0, 0.0]))
    assert np.abs(crop.astype(float) - 127.5).max() < 40


def test_outside_of_the_picture_repeats_its_edge() -> None:
    image = np.full((100, 100, 3), 200, np.uint8)
    assert (cut_out(image, np.array([0.0, 0.0, 300.0, 0.0])) == 200).all()


@pytest.mark.parametrize("shape", [(720, 1280), (1280, 720), (100, 100), (31, 977)])
def test_letterbox_places_the_picture(shape: tuple[int, int]) -> None:
    boxed, placement = letterbox(np.full((*shape, 3), 255, np.uint8))
    assert boxed.shape == (224, 224, 3)
    rows, columns = np.nonzero(boxed[..., 0])
    assert columns.min() == placement.left
    assert rows.min() == placement.top
    assert columns.max() + 1 - placement.left == pytest.approx(shape[1] * placement.scale, abs=1)
    assert rows.max() + 1 - placement.top == pytest.approx(shape[0] * placement.scale, abs=1)


def test_disagreement_grows_with_distance_size_and_turn() -> None:
    a = np.array([100.0, 100.0, 200.0, 0.0])
    assert disagreement(a, a) == 0
    assert disagreement(a, a + np.array([40, 0, 0, 0])) == pytest.approx(1)
    assert disagreement(a, scaled(a, 1.5)) == pytest.approx(1)
    assert disagreement(a, a + np.array([0, 0, 0, np.radians(60)])) == pytest.approx(1)
    assert disagreement(a + np.array([0, 0, 0, 3.1]), a - np.array([0, 0, 0, 3.1])) < 0.1


def test_wrong_detection_is_stepped_over() -> None:
    true = walker()
    wrong = Sighting(true[10].time, person(900, 150, 900.0, 1.0, 0.95))
    path = choose_path([*true[:10], wrong, *true[11:]], "largest", SIZE)
    assert path == [*true[:10], *true[11:]]
    at = plan_regions(path, np.array([wrong.time]))[0]
    assert at == pytest.approx(true[10].person.region, abs=1e-6)


def test_passer_by_is_not_followed() -> None:
    true = walker()
    hidden = [s for s in true if not 1.5 < s.time < 2.5]  # the subject is hidden while somebody passes close by
    passer_by = [Sighting(float(t), person(1200 - 350 * t, 330, 300)) for t in np.arange(1.0, 3.2, 0.2)]
    assert choose_path(in_order(hidden, passer_by), "largest", SIZE) == hidden


def test_person_who_leaves_is_not_taken_for_one_who_stays() -> None:
    leaving = walker(3.0)
    staying = [Sighting(s.time, person(1150, side=450)) for s in walker(6.0)]
    path = choose_path(in_order(leaving, staying), "2", SIZE)
    assert path == leaving


def test_somebody_who_comes_later_is_chosen_at_another_moment() -> None:
    """Whoever is pointed out at a moment is followed to both sides of it."""
    large = [Sighting(s.time, person(300, side=500.0)) for s in walker(6.0)]
    guest = [Sighting(s.time, person(1100, 420, 320.0)) for s in large[5:25] if s is not large[15]]
    everybody = in_order(large, guest)  # and the guest is missed once, at 3 s
    assert choose_path(everybody, "1090,400", SIZE) == large, "when people are first seen, nobody else is there"
    assert choose_path(everybody, "1090,400@3.02", SIZE) == guest
    assert choose_path(everybody, "1090,400@1", SIZE) == guest
    assert choose_path(everybody, "1090,400@4.8", SIZE) == guest
    assert choose_path(everybody, "310,500@3", SIZE) == large
    with pytest.raises(PosewrightError, match=r"Nobody is seen at 9 s.* from 0\.00 to 5\.80 s"):
        choose_path(everybody, "1090,400@9", SIZE)


def test_people_are_numbered_by_size_and_chosen_by_pixel() -> None:
    large, small = walker(side=500.0), [Sighting(s.time, person(1100, 420, 320.0)) for s in walker()]
    everybody = in_order(large, small)
    assert choose_path(everybody, "largest", SIZE) == large
    assert choose_path(everybody, "1", SIZE) == large
    assert choose_path(everybody, "2", SIZE) == small
    assert choose_path(everybody, "1090,400", SIZE) == small
    assert choose_path(everybody, "210,500", SIZE) == large
    with pytest.raises(PosewrightError, match=r"Only 2 people .* --person 3"):
        choose_path(everybody, "3", SIZE)
    with pytest.raises(PosewrightError, match="outside the picture"):
        choose_path(everybody, "1300,10", SIZE)
    for nonsense in ("0", "tall", "1,2,3", "a,b", "10,20@", "10,20@late", "10,20@nan"):
        with pytest.raises(UsageError):
            choose_path(everybody, nonsense, SIZE)


def test_turn_is_interpolated_the_short_way() -> None:
    path = [Sighting(0.0, person(100, angle=3.0)), Sighting(0.2, person(100, angle=-3.0))]
    assert abs(wrap_angle(plan_regions(path, np.array([0.1]))[0, 3] - np.pi)) < 1e-6


def test_nothing_is_planned_far_from_every_sighting() -> None:
    plan = plan_regions(walker(2.0), np.array([-5.0, -0.1, 1.0, 2.0, 9.0]))
    assert np.isnan(plan[:, 0]).tolist() == [True, False, False, False, True]


def test_crouching_body_keeps_the_size_of_the_upright_one() -> None:
    path = walker(4.0)
    path[8:11] = [Sighting(s.time, person(s.person.region[0], side=180.0)) for s in path[8:11]]
    sides = [s.person.region[2] for s in steady_sizes(path)]
    assert min(sides) == pytest.approx(375.0)
    approaching = [Sighting(float(t), person(600, side=200 * 1.15 ** (t / 0.2))) for t in np.arange(0, 2, 0.2)]
    assert steady_sizes(approaching)[-1].person.region[2] == approaching[-1].person.region[2]
