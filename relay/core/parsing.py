"""Bodies to nodes: JSON, forms with brackets, multipart, XML. Each raises `Unreadable`, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element, ParseError  # the type only; defusedxml parses

import orjson
import qs_codec
from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from relay.core.errors import Unreadable
from relay.core.payload import Node
from relay.core.request import Request

_MAX_DEPTH = 64
_MAX_HEAD = 4096

# The standard library's parser of message headers takes minutes for a megabyte of quotes.
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_BOUNDARY = re.compile(r"""boundary=(?:"([^"]+)"|([^\s;,"]+))""", re.IGNORECASE)
_NAME = re.compile(rb"""^content-disposition:[^\r\n]*;\s*name=(?:"([^"\r\n]*)"|([^\s;"]+))""", re.I | re.M)
_FILE = re.compile(rb"^content-disposition:[^\r\n]*;\s*filename\*?=", re.I | re.M)
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"

# The library's defaults drop deep keys, long lists and many parameters in silence.
_FORM = qs_codec.DecodeOptions(
    depth=32,
    strict_depth=True,
    list_limit=1000,
    parameter_limit=5000,
    raise_on_limit_exceeded=True,
)


def parse_json(request: Request) -> Node:
    """A JSON document, UTF-8, with or without a byte-order mark."""
    try:
        return Node(orjson.loads(request.body.removeprefix(b"\xef\xbb\xbf")))
    except orjson.JSONDecodeError as error:
        raise Unreadable(f"is not JSON ({error.msg} at character {error.pos})") from None


def parse_form(request: Request) -> Node:
    """`application/x-www-form-urlencoded`, where `a[b][0]=c` is nested. A repeated key is a list."""
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    try:
        return Node(qs_codec.decode(text, _FORM))
    except (IndexError, ValueError):
        raise Unreadable("is a form with too many, too long or too deep keys") from None


def write_form(root: Node) -> bytes:
    """The opposite of `parse_form`."""
    return qs_codec.encode(root.raw).encode()


def parse_form_field(name: str) -> Callable[[Request], Node]:
    """A form whose field `name` holds JSON, which is the payload."""
    return lambda request: parse_form(request)[name].json()


def parse_multipart(request: Request) -> Node:
    """`multipart/form-data`: text fields by name, a repeated one as a list; files are left out."""
    content_type = request.header("content-type") or ""
    if not content_type.lower().startswith("multipart/form-data"):
        raise Unreadable("is not multipart/form-data")
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise Unreadable("is multipart/form-data without a boundary")
    boundary = re.escape((found[1] or found[2]).encode("utf-8", "surrogateescape"))
    pieces = re.split(rb"\r?\n--" + boundary + rb"(?=--|[ \t]*\r?\n)", b"\n" + request.body)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Unreadable("is multipart/form-data that ends before its last boundary")
    fields: dict[str, Any] = {}
    for part in pieces[1:-1]:
        head, *content = _BLANK_LINE.split(part, maxsplit=1)
        name = _NAME.search(head[:_MAX_HEAD])
        if name is not None and _FILE.search(head[:_MAX_HEAD]) is None:
            _add(fields, _text(name[1] or name[2] or b"").replace("%22", '"'), _text(b"".join(content)))
    return Node(fields)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _add(fields: dict[str, Any], name: str, value: Any) -> None:
    """What stands there twice is a list; a value itself is never one."""
    if name not in fields:
        fields[name] = value
    elif isinstance(fields[name], list):
        fields[name].append(value)
    else:
        fields[name] = [fields[name], value]


def parse_xml(request: Request) -> Node:
    """An XML document without a DTD, as nested objects named by local name.

    Repeated children are a list; `xsi:nil` is null; `xsi:type` is the key `@type`; an element that
    has no children is its text, whatever its type.
    """
    try:
        root = ElementTree.fromstring(request.body, forbid_dtd=True)
    except DefusedXmlException:
        raise Unreadable("has a document type or entities, which are refused") from None
    except (ParseError, ValueError, LookupError):
        raise Unreadable("is not readable XML") from None
    return Node({_local(root.tag): _plain(root, _MAX_DEPTH)})


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _plain(element: Element, depth: int) -> Any:
    if depth == 0:
        raise Unreadable("is nested too deeply")
    if element.get(f"{_XSI}nil") in ("true", "1"):
        return None
    text = element.text or ""
    if len(element) == 0 and text.strip():
        return text
    plain: dict[str, Any] = {}
    kind = element.get(f"{_XSI}type")
    if kind is not None:
        plain["@type"] = kind.rpartition(":")[2]
    for child in element:
        _add(plain, _local(child.tag), _plain(child, depth - 1))
    return plain or text


def parse_by_content_type(request: Request) -> Node:
    """JSON, unless the content type says otherwise: many senders name none, or a wrong one, for JSON."""
    content_type = (request.header("content-type") or "").lower()
    parts = {"x-www-form-urlencoded": parse_form, "multipart/": parse_multipart, "xml": parse_xml}
    return next((parse for part, parse in parts.items() if part in content_type), parse_json)(request)
