"""Sets of tools that Anthropic defines and a program runs: one declaration, and calls of its members by name.

Facts: the types of Anthropic's SDK 2.14, November 2026.
"""

from __future__ import annotations

from typing import Final

COMPUTER_MEMBERS: Final = (
    *("key", "hold_key", "type", "cursor_position", "mouse_move", "left_mouse_down", "left_mouse_up"),
    *("left_click", "left_click_drag", "right_click", "middle_click", "double_click", "triple_click"),
    *("scroll", "wait", "screenshot", "zoom"),
)
BROWSER_MEMBERS: Final = (
    *("navigate", "list_tabs", "new_tab", "switch_tab", "close_tab", "read_page", "get_page_text"),
    *("read_console", "read_network", "find", "form_input", "file_upload", "scroll_to", "screenshot", "zoom"),
    *("left_click", "right_click", "middle_click", "double_click", "triple_click", "hover"),
    *("left_click_drag", "left_mouse_down", "left_mouse_up", "mouse_move", "scroll", "type", "key"),
    *("hold_key", "wait", "javascript_exec"),
)
TOOLSETS: Final = {
    "computer_toolset_20260801": frozenset(COMPUTER_MEMBERS),
    "browser_toolset_20260801": frozenset(BROWSER_MEMBERS),
}
