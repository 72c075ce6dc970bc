"""Where our panels lie."""


class SidebarPanel:
    """The tab of the sidebar in the 3D view."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Posewright"
