"""How the makers of rigs name their bones: for the tests of maps by names.

Each system: canonical part (without side) -> name, for sided parts with {S} {s} {Side} {side} {le} {character} filled
in; "spine" is a list from the hips upwards. Fingers: finger -> names from knuckle to tip; twists: part -> names.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Naming:
    """The names of one system."""

    parts: dict[str, str]
    spine: tuple[str, ...]
    fingers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    twists: dict[str, tuple[str, ...]] = field(default_factory=dict)
    above_hips: tuple[str, ...] = ()
    preset: str = ""  # the preset that should win; empty: any


def fill(text: str, side: str) -> str:
    character = {"left": "左", "right": "右"}[side]
    return text.format(S=side[0].upper(), s=side[0], Side=side.title(), side=side, le=side[:2], character=character)


def parts(hips, neck, head, clavicle, upper_arm, forearm, hand, thigh, shin, foot, toe) -> dict[str, str]:
    return {
        "hips": hips, "neck": neck, "head": head, "clavicle": clavicle, "upper_arm": upper_arm, "forearm": forearm,
        "hand": hand, "thigh": thigh, "shin": shin, "foot": foot, "toe": toe,
    }  # fmt: skip


def fingers(pattern: str, words: str = "thumb index middle ring pinky", count: int = 3, first: int = 1) -> dict:
    """Return finger -> names; {f} the finger's word, {F} capital, {n} the number of the bone, {nn} with two digits."""
    shown = zip(("thumb", "index", "middle", "ring", "pinky"), words.split(), strict=True)
    return {
        finger: tuple(
            pattern.replace("{f}", word)
            .replace("{F}", word.title())
            .replace("{nn}", f"{n:02d}")
            .replace("{n}", str(n))
            .replace("{j}", ("Proximal", "Intermediate", "Distal")[n - first])
            for n in range(first, first + count)
        )
        for finger, word in shown
    }


SYSTEMS: dict[str, Naming] = {
    "Mixamo": Naming(
        parts("mixamorig:Hips", "mixamorig:Neck", "mixamorig:Head", "mixamorig:{Side}Shoulder", "mixamorig:{Side}Arm",
              "mixamorig:{Side}ForeArm", "mixamorig:{Side}Hand", "mixamorig:{Side}UpLeg", "mixamorig:{Side}Leg",
              "mixamorig:{Side}Foot", "mixamorig:{Side}ToeBase"),
        ("mixamorig:Spine", "mixamorig:Spine1", "mixamorig:Spine2"), fingers("mixamorig:{Side}Hand{F}{n}"),
        preset="mixamo"),
    "Ready Player Me": Naming(
        parts("Hips", "Neck", "Head", "{Side}Shoulder", "{Side}Arm", "{Side}ForeArm", "{Side}Hand", "{Side}UpLeg",
              "{Side}Leg", "{Side}Foot", "{Side}ToeBase"),
        ("Spine", "Spine1", "Spine2"), fingers("{Side}Hand{F}{n}"), preset="mixamo"),
    "HumanIK": Naming(
        parts("Character1_Hips", "Character1_Neck", "Character1_Head", "Character1_{Side}Shoulder",
              "Character1_{Side}Arm", "Character1_{Side}ForeArm", "Character1_{Side}Hand", "Character1_{Side}UpLeg",
              "Character1_{Side}Leg", "Character1_{Side}Foot", "Character1_{Side}ToeBase"),
        ("Character1_Spine", "Character1_Spine1", "Character1_Spine2"), fingers("Character1_{Side}Hand{F}{n}"),
        {"upper_arm": ("Character1_{Side}ArmRoll",), "forearm": ("Character1_{Side}ForeArmRoll",)}),
    "Unreal 4": Naming(
        parts("pelvis", "neck_01", "head", "clavicle_{s}", "upperarm_{s}", "lowerarm_{s}", "hand_{s}", "thigh_{s}",
              "calf_{s}", "foot_{s}", "ball_{s}"),
        ("spine_01", "spine_02", "spine_03"), fingers("{f}_{nn}_{s}"),
        {"upper_arm": ("upperarm_twist_01_{s}",), "forearm": ("lowerarm_twist_01_{s}",),
         "thigh": ("thigh_twist_01_{s}",), "shin": ("calf_twist_01_{s}",)}, ("root",), "unreal"),
    "Unreal 5": Naming(
        parts("pelvis", "neck_01", "head", "clavicle_{s}", "upperarm_{s}", "lowerarm_{s}", "hand_{s}", "thigh_{s}",
              "calf_{s}", "foot_{s}", "ball_{s}"),
        ("spine_01", "spine_02", "spine_03", "spine_04", "spine_05"), fingers("{f}_{nn}_{s}"),
        {"upper_arm": ("upperarm_twist_01_{s}", "upperarm_twist_02_{s}"),
         "forearm": ("lowerarm_twist_02_{s}", "lowerarm_twist_01_{s}"),
         "thigh": ("thigh_twist_01_{s}", "thigh_twist_02_{s}"), "shin": ("calf_twist_02_{s}", "calf_twist_01_{s}")},
        ("root",), "unreal"),
    "VRoid": Naming(
        parts("J_Bip_C_Hips", "J_Bip_C_Neck", "J_Bip_C_Head", "J_Bip_{S}_Shoulder", "J_Bip_{S}_UpperArm",
              "J_Bip_{S}_LowerArm", "J_Bip_{S}_Hand", "J_Bip_{S}_UpperLeg", "J_Bip_{S}_LowerLeg", "J_Bip_{S}_Foot",
              "J_Bip_{S}_ToeBase"),
        ("J_Bip_C_Spine", "J_Bip_C_Chest", "J_Bip_C_UpperChest"),
        fingers("J_Bip_{S}_{F}{n}", "thumb index middle ring little"), above_hips=("Root",), preset="vrm"),
    "Godot": Naming(
        parts("Hips", "Neck", "Head", "{Side}Shoulder", "{Side}UpperArm", "{Side}LowerArm", "{Side}Hand",
              "{Side}UpperLeg", "{Side}LowerLeg", "{Side}Foot", "{Side}Toes"),
        ("Spine", "Chest", "UpperChest"), fingers("{Side}{F}{j}", "thumb index middle ring little"), preset="vrm"),
    "Unity, with blanks": Naming(
        parts("Hips", "Neck", "Head", "{Side} Shoulder", "{Side} Upper Arm", "{Side} Lower Arm", "{Side} Hand",
              "{Side} Upper Leg", "{Side} Lower Leg", "{Side} Foot", "{Side} Toes"),
        ("Spine", "Chest"), fingers("{Side} {F} {j}", "thumb index middle ring little")),
    "Biped": Naming(
        parts("Bip001 Pelvis", "Bip001 Neck", "Bip001 Head", "Bip001 {S} Clavicle", "Bip001 {S} UpperArm",
              "Bip001 {S} Forearm", "Bip001 {S} Hand", "Bip001 {S} Thigh", "Bip001 {S} Calf", "Bip001 {S} Foot",
              "Bip001 {S} Toe0"),
        ("Bip001 Spine", "Bip001 Spine1", "Bip001 Spine2"),
        {finger: tuple(f"Bip001 {{S}} Finger{i}{n}" for n in ("", "1", "2"))
         for i, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"))},
        {"upper_arm": ("Bip001 {S}UpArmTwist",), "forearm": ("Bip001 {S} ForeTwist",)}, ("Bip001",), "biped"),
    "Source": Naming(
        parts("ValveBiped.Bip01_Pelvis", "ValveBiped.Bip01_Neck1", "ValveBiped.Bip01_Head1",
              "ValveBiped.Bip01_{S}_Clavicle", "ValveBiped.Bip01_{S}_UpperArm", "ValveBiped.Bip01_{S}_Forearm",
              "ValveBiped.Bip01_{S}_Hand", "ValveBiped.Bip01_{S}_Thigh", "ValveBiped.Bip01_{S}_Calf",
              "ValveBiped.Bip01_{S}_Foot", "ValveBiped.Bip01_{S}_Toe0"),
        ("ValveBiped.Bip01_Spine", "ValveBiped.Bip01_Spine1", "ValveBiped.Bip01_Spine2", "ValveBiped.Bip01_Spine4"),
        {finger: tuple(f"ValveBiped.Bip01_{{S}}_Finger{i}{n}" for n in ("", "1", "2"))
         for i, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"))}, preset="biped"),
    "Character Creator": Naming(
        parts("CC_Base_Hip", "CC_Base_NeckTwist01", "CC_Base_Head", "CC_Base_{S}_Clavicle", "CC_Base_{S}_Upperarm",
              "CC_Base_{S}_Forearm", "CC_Base_{S}_Hand", "CC_Base_{S}_Thigh", "CC_Base_{S}_Calf", "CC_Base_{S}_Foot",
              "CC_Base_{S}_ToeBase"),
        ("CC_Base_Waist", "CC_Base_Spine01", "CC_Base_Spine02"),
        fingers("CC_Base_{S}_{F}{n}", "thumb index mid ring pinky"),
        {"upper_arm": ("CC_Base_{S}_UpperarmTwist01", "CC_Base_{S}_UpperarmTwist02"),
         "thigh": ("CC_Base_{S}_ThighTwist01", "CC_Base_{S}_ThighTwist02")}, ("RL_BoneRoot",), "character_creator"),
    "Genesis 8": Naming(
        parts("hip", "neckLower", "head", "{s}Collar", "{s}ShldrBend", "{s}ForearmBend", "{s}Hand", "{s}ThighBend",
              "{s}Shin", "{s}Foot", "{s}Toe"),
        ("abdomenLower", "abdomenUpper", "chestLower", "chestUpper"),
        fingers("{s}{F}{n}", "thumb index mid ring pinky"),
        above_hips=("Genesis8Female",), preset="daz"),
    "Genesis 9": Naming(
        parts("hip", "neck1", "head", "{s}_shoulder", "{s}_upperarm", "{s}_forearm", "{s}_hand", "{s}_thigh",
              "{s}_shin", "{s}_foot", "{s}_toes"),
        ("spine1", "spine2", "spine3", "spine4"), fingers("{s}_{f}{n}", "thumb index mid ring pinky"),
        {"upper_arm": ("{s}_upperarmtwist1", "{s}_upperarmtwist2"),
         "forearm": ("{s}_forearmtwist1", "{s}_forearmtwist2"),
         "thigh": ("{s}_thightwist1", "{s}_thightwist2")}, preset="daz"),
    "Auto-Rig Pro": Naming(
        parts("root.x", "neck.x", "head.x", "shoulder.{s}", "arm_stretch.{s}", "forearm_stretch.{s}", "hand.{s}",
              "thigh_stretch.{s}", "leg_stretch.{s}", "foot.{s}", "toes_01.{s}"),
        ("spine_01.x", "spine_02.x", "spine_03.x"), fingers("c_{f}{n}.{s}"),
        {"upper_arm": ("arm_twist.{s}",), "thigh": ("thigh_twist.{s}",)}, preset="auto_rig_pro"),
    "Rigify meta-rig": Naming(
        parts("spine", "spine.004", "spine.006", "shoulder.{S}", "upper_arm.{S}", "forearm.{S}", "hand.{S}",
              "thigh.{S}", "shin.{S}", "foot.{S}", "toe.{S}"),
        ("spine.001", "spine.002", "spine.003"),
        {"thumb": ("thumb.01.{S}", "thumb.02.{S}", "thumb.03.{S}"),
         **{f: tuple(f"f_{f}.0{n}.{{S}}" for n in (1, 2, 3)) for f in ("index", "middle", "ring", "pinky")}},
        preset="rigify"),
    "MakeHuman default": Naming(
        parts("root", "neck01", "head", "clavicle.{S}", "upperarm01.{S}", "lowerarm01.{S}", "wrist.{S}",
              "upperleg01.{S}", "lowerleg01.{S}", "foot.{S}", "toe1-1.{S}"),
        ("spine05", "spine04", "spine03", "spine02", "spine01"),
        {f: tuple(f"finger{i}-{n}.{{S}}" for n in (1, 2, 3))
         for i, f in enumerate(("thumb", "index", "middle", "ring", "pinky"), 1)}, preset="makehuman"),
    "SMPL": Naming(
        parts("pelvis", "neck", "head", "{side}_collar", "{side}_shoulder", "{side}_elbow", "{side}_wrist",
              "{side}_hip", "{side}_knee", "{side}_ankle", "{side}_foot"),
        ("spine1", "spine2", "spine3"), fingers("{side}_{f}{n}"), preset="joints"),
    "SMPL capitals": Naming(
        parts("Pelvis", "Neck", "Head", "{S}_Collar", "{S}_Shoulder", "{S}_Elbow", "{S}_Wrist", "{S}_Hip", "{S}_Knee",
              "{S}_Ankle", "{S}_Foot"),
        ("Spine1", "Spine2", "Spine3"), preset="joints"),
    "BVH by joints": Naming(
        parts("Hips", "Neck", "Head", "{Side}Collar", "{Side}Shoulder", "{Side}Elbow", "{Side}Wrist", "{Side}Hip",
              "{Side}Knee", "{Side}Ankle", "{Side}Toe"),
        ("Chest", "Chest2", "Chest3"), preset="joints"),
    "Poser": Naming(
        parts("hip", "neck", "head", "{s}Collar", "{s}Shldr", "{s}ForeArm", "{s}Hand", "{s}Thigh", "{s}Shin",
              "{s}Foot", "{s}Toe"),
        ("abdomen", "chest"), fingers("{s}{F}{n}", "thumb index mid ring pinky"), preset="daz"),
    "Xsens": Naming(
        parts("Pelvis", "Neck", "Head", "{Side}Shoulder", "{Side}UpperArm", "{Side}ForeArm", "{Side}Hand",
              "{Side}UpperLeg", "{Side}LowerLeg", "{Side}Foot", "{Side}Toe"),
        ("L5", "L3", "T12", "T8"), preset="xsens"),
    "Rokoko": Naming(
        parts("Hips", "Neck", "Head", "{Side}Shoulder", "{Side}Arm", "{Side}ForeArm", "{Side}Hand", "{Side}Thigh",
              "{Side}Shin", "{Side}Foot", "{Side}Toe"),
        ("Spine", "Spine1", "Spine2")),
    "Perception Neuron": Naming(
        parts("Robot_Hips", "Robot_Neck", "Robot_Head", "Robot_{Side}Shoulder", "Robot_{Side}Arm",
              "Robot_{Side}ForeArm", "Robot_{Side}Hand", "Robot_{Side}UpLeg", "Robot_{Side}Leg",
              "Robot_{Side}Foot", "Robot_{Side}ToeBase"),
        ("Robot_Spine", "Robot_Spine1", "Robot_Spine2"), fingers("Robot_{Side}Hand{F}{n}")),
    "Maya, arm_jnt": Naming(
        parts("hips_jnt", "neck_jnt", "head_jnt", "{s}_clavicle_jnt", "{s}_arm_jnt", "{s}_elbow_jnt", "{s}_wrist_jnt",
              "{s}_leg_jnt", "{s}_knee_jnt", "{s}_ankle_jnt", "{s}_toe_jnt"),
        ("spine_01_jnt", "spine_02_jnt", "spine_03_jnt"), fingers("{s}_{f}_{nn}_jnt")),
    "Maya, UpArm_JNT": Naming(
        parts("Hips_JNT", "Neck_JNT", "Head_JNT", "{S}_Clav_JNT", "{S}_UpArm_JNT", "{S}_LoArm_JNT", "{S}_Hand_JNT",
              "{S}_UpLeg_JNT", "{S}_LoLeg_JNT", "{S}_Foot_JNT", "{S}_Ball_JNT"),
        ("Spine1_JNT", "Spine2_JNT"), fingers("{S}_{F}{n}_JNT")),
    "home-made, upper_leg_left": Naming(
        parts("pelvis", "neck", "head", "shoulder_{side}", "upper_arm_{side}", "lower_arm_{side}", "hand_{side}",
              "upper_leg_{side}", "lower_leg_{side}", "foot_{side}", "toes_{side}"),
        ("torso", "chest")),
    "home-made, armUpper.L": Naming(
        parts("Waist", "Neck", "Head", "Collarbone.{S}", "armUpper.{S}", "armLower.{S}", "hand.{S}", "legUpper.{S}",
              "legLower.{S}", "foot.{S}", "toe.{S}"),
        ("Belly", "Chest")),
    "home-made, arm1 arm2": Naming(
        parts("hips", "neck", "head", "shoulder_{S}", "arm1_{S}", "arm2_{S}", "hand_{S}", "leg1_{S}", "leg2_{S}",
              "foot_{S}", "toe_{S}"),
        ("spine1", "spine2")),
    "home-made, a hero's prefix": Naming(
        parts("Hero_Root_Hips", "Hero_Neck", "Hero_Head", "Hero_Clavicle_{S}", "Hero_Arm_{S}", "Hero_Forearm_{S}",
              "Hero_Hand_{S}", "Hero_Thigh_{S}", "Hero_Calf_{S}", "Hero_Foot_{S}", "Hero_Toe_{S}"),
        ("Hero_Spine1", "Hero_Spine2")),
    "3ds Max CAT": Naming(
        parts("CATRigHub001", "CATRigNeck1", "CATRigHub003", "CATRig{S}ArmCollarbone", "CATRig{S}Arm1",
              "CATRig{S}Arm2", "CATRig{S}ArmPalm", "CATRig{S}Leg1", "CATRig{S}Leg2", "CATRig{S}LegAnkle",
              "CATRig{S}LegDigit11"),
        ("CATRigSpine1", "CATRigSpine2", "CATRigHub002"),
        {finger: tuple(f"CATRig{{S}}ArmDigit{i}{n}" for n in (1, 2, 3))
         for i, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"), 1)}, preset="cat"),
    "MikuMikuDance": Naming(
        parts("腰", "首", "頭", "{character}肩", "{character}腕", "{character}ひじ", "{character}手首", "{character}足",
              "{character}ひざ", "{character}足首", "{character}つま先"),
        ("上半身", "上半身2"),
        {finger: tuple(f"{{character}}{word}指{n}" for n in "\uff11\uff12\uff13")
         for finger, word in zip(("thumb", "index", "middle", "ring", "pinky"), "親人中薬小", strict=True)},
        above_hips=("全ての親",), preset="mmd"),
    "MikuMikuDance, sides at the end": Naming(
        parts("腰", "首", "頭", "肩.{S}", "腕.{S}", "ひじ.{S}", "手首.{S}", "足.{S}", "ひざ.{S}",
              "足首.{S}", "つま先.{S}"),
        ("上半身", "上半身2"), preset="mmd"),
    "Second Life": Naming(
        parts("mPelvis", "mNeck", "mHead", "mCollar{Side}", "mShoulder{Side}", "mElbow{Side}", "mWrist{Side}",
              "mHip{Side}", "mKnee{Side}", "mAnkle{Side}", "mFoot{Side}"),
        ("mTorso", "mChest"), fingers("mHand{F}{n}{Side}"), preset="joints"),
    "Skyrim": Naming(
        parts("NPC Pelvis [Pelv]", "NPC Neck [Neck]", "NPC Head [Head]", "NPC {S} Clavicle [{S}Clv]",
              "NPC {S} UpperArm [{S}Uar]", "NPC {S} Forearm [{S}Lar]", "NPC {S} Hand [{S}Hnd]",
              "NPC {S} Thigh [{S}Thg]",
              "NPC {S} Calf [{S}Clf]", "NPC {S} Foot [{S}ft ]", "NPC {S} Toe0 [{S}Toe]"),
        ("NPC Spine [Spn0]", "NPC Spine1 [Spn1]", "NPC Spine2 [Spn2]"),
        {finger: tuple(f"NPC {{S}} Finger{i}{n} [{{S}}F{i}{n}]" for n in "012")
         for i, finger in enumerate(("thumb", "index", "middle", "ring", "pinky"))},
        {"forearm": ("NPC {S} ForearmTwist1 [{S}Lt1]",)}, ("NPC Root [Root]",), "biped"),
    "Fallout": Naming(
        parts("Pelvis", "Neck", "HEAD", "{S}Arm_Collarbone", "{S}Arm_UpperArm", "{S}Arm_ForeArm1", "{S}Arm_Hand",
              "{S}Leg_Thigh", "{S}Leg_Calf", "{S}Leg_Foot", "{S}Leg_Toe1"),
        ("SPINE1", "SPINE2", "Chest")),
    "Call of Duty": Naming(
        parts("j_mainroot", "j_neck", "j_head", "j_clavicle_{le}", "j_shoulder_{le}", "j_elbow_{le}", "j_wrist_{le}",
              "j_hip_{le}", "j_knee_{le}", "j_ankle_{le}", "j_ball_{le}"),
        ("j_spinelower", "j_spineupper", "j_spine4"),
        fingers("j_{f}_{le}_{n}", "thumb index mid ring pinky")),
    "Source 2": Naming(
        parts("pelvis", "neck_0", "head", "clavicle_{S}", "arm_upper_{S}", "arm_lower_{S}", "hand_{S}", "leg_upper_{S}",
              "leg_lower_{S}", "ankle_{S}", "ball_{S}"),
        ("spine_0", "spine_1", "spine_2"), fingers("finger_{f}_{n}_{S}", first=0)),
    "CMU, ASF": Naming(
        parts("root", "lowerneck", "head", "{s}clavicle", "{s}humerus", "{s}radius", "{s}hand", "{s}femur", "{s}tibia",
              "{s}foot", "{s}toes"),
        ("lowerback", "upperback", "thorax")),
    "Doom": Naming(
        parts("Hips", "Neck", "Head", "{S}shoulder", "{S}uparm", "{S}loarm", "{S}hand", "{S}upleg", "{S}loleg",
              "{S}foot", "{S}toe"),
        ("Waist", "Chest"), fingers("{S}{f}{n}")),
    "a name glued before all": Naming(
        parts("EthanHips", "EthanNeck", "EthanHead", "Ethan{Side}Shoulder", "Ethan{Side}Arm", "Ethan{Side}ForeArm",
              "Ethan{Side}Hand", "Ethan{Side}UpLeg", "Ethan{Side}Leg", "Ethan{Side}Foot", "Ethan{Side}ToeBase"),
        ("EthanSpine", "EthanSpine1"), fingers("Ethan{Side}Hand{F}{n}"), preset="mixamo"),
    "Robot Kyle": Naming(
        parts("Hip", "Neck", "Head", "{Side}_Shoulder_Joint_01", "{Side}_Upper_Arm_Joint_01", "{Side}_Forearm_Joint_01",
              "{Side}_Wrist_Joint_01", "{Side}_Thigh_Joint_01", "{Side}_Knee_Joint_01", "{Side}_Ankle_Joint_01",
              "{Side}_Toe_Joint_01"),
        ("Ribs",)),
    "Half-Life": Naming(
        parts("Bip01 Pelvis", "Bip01 Neck", "Bip01 Head", "Bip01 {S} Arm", "Bip01 {S} Arm1", "Bip01 {S} Arm2",
              "Bip01 {S} Hand", "Bip01 {S} Leg", "Bip01 {S} Leg1", "Bip01 {S} Foot", "Bip01 {S} Toe0"),
        ("Bip01 Spine", "Bip01 Spine1"), above_hips=("Bip01",), preset="half_life"),
}  # fmt: skip
