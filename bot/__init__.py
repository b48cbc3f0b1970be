"""The shared core of Newstally: gathers stories, lays them out, tallies votes, and knows no platform."""
