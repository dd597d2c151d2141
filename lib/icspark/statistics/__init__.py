"""Methods of official statistics over aggregated rows; any domain may use them, and they know of none."""
