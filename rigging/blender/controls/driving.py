"""Rigs that are moved by controls: which ones, found out by trying them, and a motion of the bones put onto them."""

from collections.abc import Iterable
from math import inf
from typing import Final

from bpy.types import Object

from ....errors import PosewrightError
from ....progress import Work, finished
from ...controls.choice import Choice, choose
from ...controls.conversion import Control, ControlRig, Pole, control_motion
from ...controls.responses import ALL, Responses, depths, parent_of
from ...controls.segments import Limb, Segment, limbs_of, segments_of
from ...maps.parts import SIDES
from ...rig import BoneMotion, RigMap, RigRest
from ...settings import DriveMode
from .dependencies import COMPOSING, REPLACING, bone_in_path
from .fitting import GOOD, fitting
from .known import Found, key_of, recall, remember
from .poles import find_poles
from .probing import Probe, respond
from .properties import get_property, property_path
from .release import release_bones
from .switches import State, Switch, families, switches_of

USE_DEFORM: Final = "use the drive mode deform, which mutes the constraints and keys the deforming bones."
MOVING: Final = REPLACING | COMPOSING
"""Kinds of constraints that let bones move otherwise than their keys say; limits, for example, do not."""

STRETCH: Final = "ik_stretch"  # by which IK makes a bone longer

_MOST_TRIES = 12  # states of switches that nobody has told of
_TOO_FAR_OFF = 5.0  # degrees
WORSE: Final = 2.0  # times as far off as it was before: then the controls are looked for again
HALF: Final = 0.5  # of the way
_NEEDED_SHARE = 0.5  # of the segments, and of arms and legs, must have controls


class Driven:
    """How a rig is driven: solve for ``rest`` and ``map``, key what ``finish`` makes of it and the ``properties``."""

    def __init__(self, rest: RigRest, rig_map: RigMap, notes: Iterable[str] = ()) -> None:
        self.rest = rest
        self.map = rig_map
        self.properties: dict[str, float] = {}  # data path from the object -> value at all times
        self.settings: dict[str, float] = {}  # the same, of settings of bones that get no keys
        self.notes = list(notes)
        self.upstream: tuple[str, ...] = ()  # bones whose pose moves the mapped ones: at rest, but for the keys

    def finish(self, motion: BoneMotion) -> BoneMotion:
        """Return the motion of what is keyed."""
        return finished(self.finishing(motion))

    def finishing(self, motion: BoneMotion, seconds: float = inf, *, trusting: bool = False) -> Work[BoneMotion]:
        """Do the same in pieces of about so many ``seconds``; between them the armature is as it was.

        With ``trusting`` a rig that did what it should before is not put to the test again.
        """
        yield from ()  # there is nothing to do
        return motion

    def still_fits(self) -> bool:
        """Return whether what moves the bones is as it was."""
        return True


class _ByControls(Driven):
    """A rig that is driven by its controls."""

    def __init__(self, obj: Object, rest: RigRest, rig_map: RigMap, wanted: State) -> None:
        self._obj = obj
        self._wanted: State = wanted
        self._key = key_of(obj, rest, rig_map, wanted)
        known = recall(self._key)
        self._is_known = known is not None
        super().__init__(rest, rig_map)
        self._use(known if known is not None else self._search())

    def finishing(self, motion: BoneMotion, seconds: float = inf, *, trusting: bool = False) -> Work[BoneMotion]:
        """Return the motion of the controls, checked on the rig; a note says so when the rig does not follow them."""
        if trusting and self._is_known and self._found.is_reliable:
            return control_motion(self.rest, motion, self._found.rig)
        keyed, error = yield from self._fitting(motion, seconds)
        if self._is_known and error > max(GOOD, WORSE * (self._found.error or 0.0)):
            self._use(self._search())  # something was changed that cannot be seen
            self._is_known = False
            yield HALF
            keyed, error = yield from self._fitting(motion, seconds)
        self._found.error = max(error, self._found.error or 0.0)
        if error > _TOO_FAR_OFF:
            self.notes.append(
                f"The bones of {self._obj.name} follow its controls only within {error:.0f} degrees; "
                "the drive mode deform keys them exactly."
            )
        return keyed

    def still_fits(self) -> bool:
        """Return whether controls, constraints and drivers are as they were."""
        return self._key == key_of(self._obj, self.rest, self.map, self._wanted)

    def _fitting(self, motion: BoneMotion, seconds: float) -> Work[tuple[BoneMotion, float]]:
        keyed = control_motion(self.rest, motion, self._found.rig)
        yield HALF
        properties = self._found.properties | self._found.settings
        return (yield from fitting(self._obj, properties, self.rest, motion, self._found.rig, keyed, seconds))

    def _use(self, found: Found) -> None:
        self._found = found
        self.properties, self.settings, self.upstream = found.properties, found.settings, found.upstream
        self.notes = list(found.notes)
        stretched = [path for path, value in found.settings.items() if get_property(self._obj, path) != value]
        if stretched:
            first = bone_in_path(stretched[0])
            self.notes.append(
                f"IK stretched {len(stretched)} bones of {self._obj.name} (such as {first[0] if first else ''}); their "
                "IK Stretch is now 0, without keys, so that limbs keep their lengths."
            )

    def _search(self) -> Found:
        with Probe(self._obj) as probe:
            found = _Search(probe, self.rest, self.map, self._wanted).found()
        remember(self._key, found)
        return found


def driven(obj: Object, rest: RigRest, rig_map: RigMap, drive: DriveMode = "auto") -> Driven:
    """Return how the armature is to be driven; nothing in the scene changes unless ``drive`` is "deform".

    Raises PosewrightError when most of the body is held by constraints that no control moves.
    """
    if drive == "deform":
        return Driven(rest, rig_map, notes=release_bones(obj, rig_map))
    if not _is_held(obj, rest, rig_map):
        return Driven(rest, rig_map)
    return _ByControls(obj, rest, rig_map, "ik" if drive == "ik" else "fk")


class _Search:
    """The search for controls, and for the state of switches in which they do what is asked for."""

    def __init__(self, probe: Probe, rest: RigRest, rig_map: RigMap, wanted: State) -> None:
        self.probe = probe
        self.rest = rest
        self.map = rig_map
        self.wanted: State = wanted
        self.segments = segments_of(rest, rig_map)
        self.limbs = limbs_of(self.segments)
        self.switches = switches_of(probe.obj)
        self.maps_controls = _maps_controls(rest, rig_map)
        if self.maps_controls:
            self.wanted = "fk"  # these are what a map of FK controls asks for
        self.set: dict[str, float] = {}  # by path
        self.settings: dict[str, float] = {}

    def found(self) -> Found:
        """Return what was found."""
        self._set_known()
        responses, choice = self._look()
        if not self._pleased(choice) and self.switches:
            responses, choice = self._try_switches(responses, choice)
        for switch in self._relevant():
            if switch.is_ik_fk:
                self.set.setdefault(switch.path, self.probe.get(switch.path))
        if self.wanted == "ik":
            responses, choice = self._back_to_fk(responses, choice)
        fk = [limb for limb in self.limbs if choice.is_fk(limb)]
        ik = [limb for limb in self.limbs if limb not in fk or self.wanted == "ik"]
        ik = [limb for limb in ik if limb.name in choice.goals]
        if ik:
            self._stop_stretching(ik)
        rig = self._rig(responses, choice, ik)
        self._require(rig)
        upstream = tuple(self.probe.dependencies().above([b for s in self.segments for b in s.bones]))
        notes = self._notes(rig, fk, ik)
        return Found(rig, self.set, self.settings, notes, upstream)

    def _set_known(self) -> None:
        for switch in self.switches if self.maps_controls else self._relevant():
            value = switch.known(self.wanted)
            if value is not None:
                self._set(switch.path, value)
        for switch in self._relevant() if self.wanted == "ik" else ():  # which now count the bones of IK
            value = switch.known_pole()
            if value is not None:
                self._set(switch.path, value)

    def _set(self, path: str, value: float) -> None:
        self.probe.set(path, value)
        self.set[path] = value

    def _stop_stretching(self, ik: list[Limb]) -> None:
        """Keep IK from changing the lengths of the limbs, also where bones have an own setting for it."""
        for switch in self._switches_of(*ik):
            value = switch.known_stretch()
            if value is not None:
                self._set(switch.path, value)
        dependencies = self.probe.dependencies()
        above = dependencies.above([bone for limb in ik for bone in self._bones(limb.lower)])
        for name in sorted(dependencies.stretched & above):
            path = property_path(name, STRETCH, custom=False)
            self.probe.set(path, 0.0)
            self.settings[path] = 0.0

    def _relevant(self) -> list[Switch]:
        """Return the switches that change what moves the limbs."""
        return self._switches_of(*self.limbs)

    def _switches_of(self, *limbs: Limb) -> list[Switch]:
        bones = [bone for limb in limbs for i in (limb.upper, limb.lower, limb.end) for bone in self._bones(i)]
        above = self.probe.dependencies().above(bones)
        return [switch for switch in self.switches if switch.bones & above]

    def _bones(self, i: int) -> tuple[str, ...]:
        return self.segments[i].bones

    def _look(self) -> tuple[Responses, Choice]:
        responses, shown = respond(self.probe, self.segments, self.limbs)
        choice = choose(responses, self.segments, self.limbs, shown)
        if len(choice.turning) < len(self.segments) and not all(self._is_good(limb, choice) for limb in self.limbs):
            responses, shown = respond(self.probe, self.segments, self.limbs, locked=True)
            choice = choose(responses, self.segments, self.limbs, shown)
        return responses, choice

    def _is_good(self, limb: Limb, choice: Choice) -> bool:
        return choice.is_fk(limb) if self.wanted == "fk" else limb.name in choice.goals

    def _pleased(self, choice: Choice) -> bool:
        return all(self._is_good(limb, choice) for limb in self.limbs)

    def _try_switches(self, responses: Responses, choice: Choice) -> tuple[Responses, Choice]:
        """Try the ends of each kind of switch and keep those that give more limbs the controls that are wanted."""
        tries = 0
        for group in families(self._relevant()):
            before = {switch: self.probe.get(switch.path) for switch in group}
            for end in (0, 1):
                if tries >= _MOST_TRIES or all(before[switch] == switch.values[end] for switch in group):
                    continue
                tries += 1
                for switch in group:
                    self.probe.set(switch.path, switch.values[end])
                other, better = self._look()
                if self._count(better) > self._count(choice):
                    responses, choice = other, better
                    self.set |= {switch.path: switch.values[end] for switch in group}
                    break
                for switch, value in before.items():
                    self.probe.set(switch.path, value)
            if self._pleased(choice):
                break
        return responses, choice

    def _back_to_fk(self, responses: Responses, choice: Choice) -> tuple[Responses, Choice]:
        """Switch limbs that IK does not bend, and that nothing else turns, to FK where it is known how."""
        lost = [limb for limb in self.limbs if limb.name not in choice.goals and not choice.is_fk(limb)]
        values = {switch.path: switch.known("fk") for limb in lost for switch in self._switches_of(limb)}
        for path, value in values.items():
            if value is not None:
                self._set(path, value)
        return self._look() if any(value is not None for value in values.values()) else (responses, choice)

    def _count(self, choice: Choice) -> int:
        return sum(self._is_good(limb, choice) for limb in self.limbs)

    def _rig(self, responses: Responses, choice: Choice, ik: list[Limb]) -> ControlRig:
        """Return the controls that are keyed, and what carries each of them."""
        goals = {choice.goals[limb.name]: limb for limb in ik}
        bent = {i for limb in ik for i in (limb.upper, limb.lower)}
        turning = dict(choice.turning)
        for goal, limb in goals.items():
            if responses.share(goal, self._bones(limb.end)[0]) >= ALL:
                turning[limb.end] = goal
        turned: dict[str, list[int]] = {}
        for i, name in sorted(turning.items()):
            if i not in bent:
                turned.setdefault(name, []).append(i)
        movers = [choice.mover] if choice.mover is not None else []
        depth = depths(responses, list(dict.fromkeys([*turned, *goals, *movers])))
        names = sorted(depth, key=depth.__getitem__)
        controls = [
            Control(
                name,
                parent_of(responses, name, names, depth),
                tuple(turned.get(name, ())),
                turns=responses.turns_itself(name) and (name in turned or name == choice.mover),
                moves=name in turned and responses.moves_along(name, self._bones(turned[name][0])[:1]),
            )
            for name in names
        ]
        found = find_poles(self.probe, responses, self.segments, list(goals.items()))
        poles = [
            Pole(name, limb, parent_of(responses, name, names, depth), angle) for limb, (name, angle) in found.items()
        ]
        return ControlRig(self.segments, responses, controls, choice.mover, goals, poles)

    def _require(self, rig: ControlRig) -> None:
        """Raise PosewrightError when the rig cannot be driven by its controls."""
        name = self.probe.obj.name
        if rig.mover is None:
            raise PosewrightError(f"No control moves the whole body of {name}; {USE_DEFORM}")
        missing = self._missing(rig)
        lost = [limb for limb in self.limbs if self.segments[limb.upper] in missing]
        if max(len(missing) / len(self.segments), len(lost) / max(len(self.limbs), 1)) > 1 - _NEEDED_SHARE:
            raise PosewrightError(
                f"No controls that Posewright can find turn most of the body of {name} "
                f"(such as its {_words(missing[0].part)}); {USE_DEFORM}"
            )

    def _missing(self, rig: ControlRig) -> list[Segment]:
        turned = {i for control in rig.controls for i in control.segments}
        turned |= {i for limb in rig.goals.values() for i in (limb.upper, limb.lower)}
        own = [segment for i, segment in enumerate(self.segments) if i not in turned]
        return [segment for segment in own if segment.part != "root" and not segment.is_helper]

    def _notes(self, rig: ControlRig, fk: list[Limb], ik: list[Limb]) -> list[str]:
        obj = self.probe.obj
        notes = []
        words = [
            f"{kind} for the {_list([_words(limb.name) for limb in limbs])}"
            for kind, limbs in (("FK", [limb for limb in fk if limb not in ik]), ("IK", ik))
            if limbs
        ]
        notes.append(f"{obj.name} is driven through its controls" + (f": {', '.join(words)}." if words else "."))
        if self.wanted == "ik" and len(ik) < len(self.limbs):
            others = [_words(limb.name) for limb in self.limbs if limb not in ik]
            notes.append(f"No IK was found for the {_list(others)} of {obj.name}.")
        if self.set:
            names = dict.fromkeys(switch.name for switch in self.switches if switch.path in self.set)
            notes.append(
                f"The switches of {obj.name} ({', '.join(names)}) have one key each, and keep their values when the "
                "action is removed."
            )
        poles = {pole.limb for pole in rig.poles}
        without = [_words(limb.name) for limb in ik if limb not in poles]
        if without:
            notes.append(f"No pole steers the IK of the {_list(without)}; which way it bends is left to the rig.")
        turned = {self.segments[i].part for control in rig.controls for i in control.segments}
        lost = [segment.part for segment in self._missing(rig) if segment.part not in turned]
        missing = list(dict.fromkeys(_words(part) for part in lost))
        if missing:
            notes.append(
                f"No control was found that turns the {_list(missing)} of {obj.name}, which stays as it is; "
                "the drive mode deform frees the bones and keys them."
            )
        return notes


def _is_held(obj: Object, rest: RigRest, rig_map: RigMap) -> bool:
    """Return whether constraints that move bones, or drivers, sit on the mapped bones or above them."""
    mapped = [bone for bones in rig_map.bones.values() for bone in bones]
    ancestors = {rest.bones[b] for bone in mapped for b in rest.ancestors(rest.index(bone))}
    chain = {*mapped, *ancestors}
    constraints = [constraint for name in chain for constraint in obj.pose.bones[name].constraints]
    if any(c.type in MOVING and not c.mute and c.influence > 0 for c in constraints):
        return True
    drivers = obj.animation_data.drivers if obj.animation_data else ()
    driven = (bone_in_path(curve.data_path) for curve in drivers)
    return any(found is not None and found[0] in mapped for found in driven)


def _maps_controls(rest: RigRest, rig_map: RigMap) -> bool:
    """Return whether the arms and legs of a map are bones that deform nothing, on a rig with others that do."""
    if rest.deform is None or not rest.deform.any():
        return False
    parts = [f"{side}_{part}" for side in SIDES for part in ("upper_arm", "thigh")]
    bones = [bone for part in parts for bone in rig_map.bones.get(part, ())]
    return bool(bones) and not any(rest.deform[rest.index(bone)] for bone in bones)


def _words(part: str) -> str:
    return part.replace("_", " ")


def _list(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]
