"""Sources → stories: fetch, parse, merge, packs. Text from feeds is data here, and nothing in it is trusted."""
