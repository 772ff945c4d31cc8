"""Points of sale, shops and payments."""
