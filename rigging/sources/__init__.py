"""The animation of other skeletons as takes. numpy only."""
