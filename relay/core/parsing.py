"""Bodies to nodes: JSON, forms with brackets, multipart, XML. Each raises `Unreadable`, nothing else."""

from __future__ import annotations

from email.errors import MessageError
from email.parser import BytesParser
from email.policy import HTTP
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


def parse_multipart(request: Request) -> Node:
    """`multipart/form-data`: text fields by name; files are left out."""
    content_type = request.header("content-type") or ""
    if not content_type.lower().startswith("multipart/form-data"):
        raise Unreadable("is not multipart/form-data")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    try:
        message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    except MessageError:
        raise Unreadable("is not a readable multipart body") from None
    fields: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str) and part.get_filename() is None:
            content = part.get_payload(decode=True)
            fields[name] = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
    return Node(fields)


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
        name, value = _local(child.tag), _plain(child, depth - 1)
        if name not in plain:
            plain[name] = value
        elif isinstance(plain[name], list):
            plain[name].append(value)
        else:
            plain[name] = [plain[name], value]
    return plain or text
