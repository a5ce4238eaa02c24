"""The table of forgeries: which place of a `forge.Scene` says what, and what a check has to say of it.

SOUND: nobody is misled; every command succeeds, and every byte is right. Otherwise a pattern for what a
check that reads the data must say, with a failure; other commands may succeed with what is right, or
fail and say why.
"""
import base64
import dataclasses
import json
import os
import socket
import struct
import typing

import sealing
from forge import (BELOW, DATA, PARTS, POLYNOMIAL, RIGHT, SMALL, TIME, TREE, Blob, Frame, base64_text,
                   encode, node, sha256, tree_text)

SOUND = None
DAMAGED = "damaged"


@dataclasses.dataclass(frozen=True)
class Forgery:
    name: str
    stage: str
    change: typing.Callable
    says: str | None  # by `check --read-data`
    version: int = 2
    # Names of the newer snapshot for which the lie itself makes another answer a right one: whatever is
    # there is authentic, so they may be anything, or nothing.
    other: tuple = ()
    # Names that may be missing when an error is told. What is there has to be right, and so has every
    # name that is neither here nor above.
    absent: tuple = ()
    # Other programs take it for this or for that, and so may a check: all bounds hold, and nothing
    # wrong is taken for right.
    lenient: bool = False
    # Takes seconds to make; for the long run.
    is_long: bool = False
    grows: str = ""  # the file that becomes longer all the time

    @property
    def is_linked(self):
        """Whether parts of the repository lie elsewhere."""
        return "is a link to the same" in self.name

    def apply(self, stage, value):
        """What `forge.Scene` asks for."""
        return self.change(value) if stage == self.stage else None


@dataclasses.dataclass(frozen=True)
class Pair(Forgery):
    """Two lies in one repository."""
    parts: tuple = ()

    @staticmethod
    def of(*parts):
        """Of different stages, since each takes what is there for an object of its own."""
        return Pair(" + ".join(part.name for part in parts), "two", None, "", parts[0].version,
                    sum((part.other for part in parts), ()), tuple(RIGHT), lenient=True, parts=parts)

    def apply(self, stage, value):
        for part in self.parts:
            changed = part.apply(stage, value)
            value = value if changed is None else changed
        return value


TABLE = []
LONG = {  # rows that take seconds to make
    "username_20_MiB", "large_blob_of_100_MiB", "large_blob_of_600_MiB", "large_tree_of_spaces", "huge_tree_of_spaces", "huge_tree_of_unknown_size",
    "large_tree_of_brackets", "large_tree_of_commas", "a_blob_100000_times", "a_million_blobs",
    "many_indexes", "a_million_entries", "tags_two_million", "a_blob_in_more_places_than_a_pack_has", "deep_of_3000", "many_locks", "many_snapshots", "many"}


def rows(stage, says, other=(), version=2, lenient=False, absent=None, **changes):
    """Adds a row for each; a change is applied to what the stage has, or takes its place. With a lie that
    matters, any name may be missing, unless it is said which ones.
    """
    if absent is None:
        absent = () if says is SOUND else tuple(RIGHT)
    for name, change in changes.items():
        function = change if callable(change) else lambda _, value=change: value
        TABLE.append(Forgery(f"{stage}: {name}".replace("_", " "), stage, function, says, version,
                             tuple(other), absent, lenient, name in LONG))


def with_(**members):
    """The same object with other members; a member that is `gone` is left out."""
    def change(value):
        changed = value | members
        return {name: member for name, member in changed.items() if member is not gone}
    return change


def gone():
    raise AssertionError("a mark")


def text(change):
    """A change of the JSON text."""
    return lambda value: change(encode(value))


def nested(levels):
    return b"[" * levels + b"]" * levels


def member_before(text_of_it):
    """The object with one more member in the first place."""
    return text(lambda json_text: b"{" + text_of_it + b"," + json_text[1:])


ANY_JSON = {
    "empty": b"", "no_object": b"[]", "null": b"null", "word": b"neither", "only_a_brace": b"{",
    "cut_off": text(lambda json_text: json_text[:-2]),
    "more_behind": text(lambda json_text: json_text + b"x"),
    "another_behind": text(lambda json_text: json_text + json_text),
    "nul_behind": text(lambda json_text: json_text + b"\0"),
}

# What nobody reads may say anything.
ODD_MEMBERS = {
    "unknown_number": member_before(b'"x":-1e+30'), "unknown_deep": member_before(b'"x":' + nested(60)),
    "unknown_text": member_before(b'"\\u0000\\ud800":"\xf0\x9f\x98\x80"'),
    "unknown_objects": member_before(b'"x":{"y":{"z":[{},{},null,true]}}'),
    "spaces": text(lambda json_text: b" \t\r\n" + json_text.replace(b",", b" ,\n", 3) + b"  \n"),
}

# ---------------------------------------------------------------------------------------- the config

rows("config", "config", **ANY_JSON)
rows("config", SOUND, **{name: change for name, change in ODD_MEMBERS.items() if name != "spaces"})
rows("config", "version",
     version_0=with_(version=0), version_3=with_(version=3), version_negative=with_(version=-1),
     version_huge=with_(version=10**9),
     version_text=with_(version="2"), version_fraction=with_(version=2.5),
     version_none=with_(version=gone), version_null=with_(version=None))
rows("config", "number", version_beyond_64_bits=with_(version=2**64 + 2))
rows("config", "polynomial",
     polynomial_0=with_(chunker_polynomial="0"), polynomial_1=with_(chunker_polynomial="1"),
     polynomial_even=with_(chunker_polynomial="3da3358b4dc172"),
     polynomial_reducible=with_(chunker_polynomial="3da3358b4dc175"),
     polynomial_long=with_(chunker_polynomial="8000000000000003"),
     polynomial_too_long=with_(chunker_polynomial="1" + POLYNOMIAL + "000"),
     polynomial_empty=with_(chunker_polynomial=""), polynomial_words=with_(chunker_polynomial="poly"),
     polynomial_number=with_(chunker_polynomial=7), polynomial_none=with_(chunker_polynomial=gone))
rows("config", "", lenient=True,  # a chunker cannot do with them, a reader can
     polynomial_2=with_(chunker_polynomial="2"), polynomial_3=with_(chunker_polynomial="3"),
     polynomial_7=with_(chunker_polynomial="7"), polynomial_11=with_(chunker_polynomial="b"),
     polynomial_of_degree_8=with_(chunker_polynomial="11b"))
rows("config", "ID|'id'",
     id_short=with_(id="ab" * 31), id_path=with_(id="../" * 21 + "x"), id_none=with_(id=gone),
     id_number=with_(id=1))
rows("config", SOUND, id_zero=with_(id="00" * 32), id_capitals=with_(id="AB" * 32))
rows("config", "config",
     compressed=lambda config: b"\2" + sealing.compress(encode(config)),
     bom=text(lambda json_text: b"\xef\xbb\xbf" + json_text),
     twice_in_a_row=text(lambda json_text: json_text + b"," + json_text),
     too_deep=member_before(b'"x":' + nested(200000)))
rows("config", "hot|config", is_hot=with_(is_hot=True))
rows("config", "append_only", append_only_word=with_(append_only="yes"))
rows("config", "version", version_twice=member_before(b'"version":2,"version":3,"x":0'), lenient=True)

# ------------------------------------------------------------------------------------------ the key

rows("key", "key", **{name: change for name, change in ANY_JSON.items() if name != "spaces"})
rows("key", SOUND, **ODD_MEMBERS)
rows("key", "scrypt|'[Nrp]'",
     N_0=with_(N=0), N_1=with_(N=1), N_3=with_(N=3), N_negative=with_(N=-2), N_fraction=with_(N=2.5),
     N_31=with_(N=1 << 31), N_63=with_(N=1 << 63), N_none=with_(N=gone),
     r_0=with_(r=0), r_30=with_(r=1 << 30), r_32=with_(r=1 << 32), r_negative=with_(r=-8),
     p_0=with_(p=0), p_30=with_(p=1 << 30), p_33=with_(p=(1 << 33) + 1),
     all_large=with_(N=1 << 20, r=1 << 10, p=1 << 10))
rows("key", "number", N_64=with_(N=1 << 64))
rows("key", "key", salt_1_MiB=with_(salt=base64_text(b"s" * (1 << 20))))
rows("key", "asks for",
     memory_1_GiB=with_(N=1 << 20), memory_nearly_2_GiB=with_(N=1 << 1, r=(1 << 23) - 1),
     work_for_days=with_(N=1 << 15, p=1 << 20), work_for_hours=with_(N=2, r=1, p=(1 << 23) - 1),
     work_of_many_rounds=with_(N=1 << 17, r=8, p=1 << 10))
rows("key", "derivation|kdf", kdf_other=with_(kdf="argon2id"), kdf_none=with_(kdf=gone),
     kdf_number=with_(kdf=1))
rows("key", "salt", salt_none=with_(salt=gone), salt_empty=with_(salt=""),
     salt_63=with_(salt=base64_text(b"s" * 63)), salt_65=with_(salt=base64_text(b"s" * 65)),
     salt_no_base64=with_(salt="*" * 88))
rows("key", "key|data|password", data_none=with_(data=gone), data_empty=with_(data=""),
     data_short=with_(data=base64_text(b"d" * 31)), data_nothing=with_(data=base64_text(b"d" * 32)),
     data_no_base64=with_(data="=" * 8), data_number=with_(data=5),
     data_1_MiB=with_(data=base64_text(b"d" * (1 << 20))))
rows("key", SOUND, created_nonsense=with_(created="yesterday", username="../\0\x1b[2J", hostname="\n"),
     username_long=with_(username="u" * (1 << 16)), names_none=with_(username=gone, hostname=gone))
rows("key", "key", username_number=with_(username=7), too_deep=member_before(b'"x":' + nested(200000)),
     username_20_MiB=with_(username="u" * (20 << 20)))
rows("master", "key", **ANY_JSON)
rows("master", "key",
     encrypt_short=with_(encrypt=base64_text(b"e" * 31)), encrypt_long=with_(encrypt=base64_text(b"e" * 33)),
     encrypt_zero=with_(encrypt=base64_text(bytes(32))), encrypt_none=with_(encrypt=gone),
     mac_none=with_(mac=gone), mac_list=with_(mac=[]), mac_k_zero=with_(mac={
         "k": base64_text(bytes(16)), "r": base64_text(b"r" * 16)}),
     mac_r_zero=with_(mac={"k": base64_text(b"k" * 16), "r": base64_text(bytes(16))}),
     mac_k_short=with_(mac={"k": "AA==", "r": base64_text(b"r" * 16)}),
     another_key=with_(encrypt=base64_text(b"e" * 32), mac={
         "k": base64_text(b"k" * 16), "r": base64_text(b"r" * 16)}))
rows("master", SOUND, unknown=with_(x=[1, {}]))


# ------------------------------------------------------------------------- what is sealed by itself

def sealed_text(value):
    return b"\2" + sealing.compress(encode(value))


ENVELOPES = {
    "unknown_encoding": lambda value: b"\3" + sealing.compress(encode(value)),
    "no_frame": lambda value: b"\2" + encode(value),
    "frame_cut_off": lambda value: sealed_text(value)[:-5],
    "garbage_behind": lambda value: sealed_text(value) + b"garbage",
    "window_of_1_GiB": lambda value: b"\2" + Frame.of([Frame.block(encode(value))], window=20 << 3),
    "window_of_2_TiB": lambda value: b"\2" + Frame.of([Frame.block(encode(value))], window=0xff),
    "claims_exabytes": lambda value: b"\2" + Frame.of([Frame.block(encode(value))], 1 << 60),
    "claims_64_bits": lambda value: b"\2" + Frame.of([Frame.block(encode(value))], (1 << 64) - 3),
    "claims_less": lambda value: b"\2" + Frame.of([Frame.block(encode(value))], 10),
    "bomb": lambda value: b"\2" + Frame.bomb(4096),
    "bomb_that_tells": lambda value: b"\2" + Frame.bomb(4096, 4 << 30),
    "dictionary": lambda value: b"\2" + Frame.MAGIC + b"\xe1\x05" + struct.pack(
        "<Q", len(encode(value))) + Frame.block(encode(value)),
    "wrong_checksum": lambda value: b"\2" + Frame.of([Frame.block(encode(value))],
                                                    len(encode(value)), checksum=b"sum!"),
    "reserved_block": lambda value: b"\2" + Frame.of([b"\x07\0\0"], 0),
    "block_too_large": lambda value: b"\2" + Frame.of([Frame._header(0, 0x1fffff, True) + b"x"], 9),
}
SOUND_ENVELOPES = {
    "compressed": sealed_text,
    "two_frames": lambda value: b"\2" + sealing.compress(encode(value)[:9]) + sealing.compress(
        encode(value)[9:]),
    "stored_block": lambda value: b"\2" + Frame.of([Frame.block(encode(value))]) if len(
        encode(value)) == 255 else b"\2" + Frame.of([Frame.block(encode(value))], len(encode(value))),
    "skippable_frame": lambda value: b"\2" + Frame.skippable(b"skip me") + sealing.compress(
        encode(value)),
    "window_of_512_MiB": lambda value: b"\2" + Frame.of([Frame.block(encode(value))], window=19 << 3),
}
NO_JSON = {name: change for name, change in ANY_JSON.items() if name != "empty"}

# -------------------------------------------------------------------------------------- a snapshot

rows("snapshot", "snapshot", **ANY_JSON, **ENVELOPES)
rows("snapshot", SOUND, **{
    name: change for name, change in ODD_MEMBERS.items() if name != "spaces"}, **SOUND_ENVELOPES)
rows("snapshot", "snapshot", spaces=ODD_MEMBERS["spaces"])  # the first byte tells the encoding
rows("snapshot", "snapshot",
     time_none=with_(time=gone), time_null=with_(time=None), time_number=with_(time=1700000000),
     time_empty=with_(time=""), time_words=with_(time="yesterday"),
     time_no_zone=with_(time="2026-01-02T03:04:05"), time_month_13=with_(time="2026-13-02T03:04:05Z"),
     time_february_30=with_(time="2026-02-30T03:04:05Z"), time_hour_24=with_(time="2026-01-02T24:04:05Z"),
     time_year_5_digits=with_(time="12026-01-02T03:04:05Z"),
     time_nul=with_(time="2026-01-02T03:04:05Z\0"),
     tree_none=with_(tree=gone), tree_null=with_(tree=None), tree_short=with_(tree="ab" * 31),
     tree_words=with_(tree="tree"), tree_number=with_(tree=0), tree_list=with_(tree=[]),
     paths_text=with_(paths="/source"), paths_numbers=with_(paths=[1, 2]),
     tags_text=with_(tags="a,b"), tags_objects=with_(tags=[{}]), parent_words=with_(parent="parent"),
     original_words=with_(original="ori"), too_deep=member_before(b'"x":' + nested(200000)))
rows("snapshot", "tree", tree_unknown=with_(tree="ab" * 32), tree_of_zeros=with_(tree="00" * 32),
     tree_is_data=with_(tree=sha256(SMALL)))
rows("snapshot", SOUND,
     time_year_9999=with_(time="9999-12-31T23:59:59.999999999Z"),
     time_year_2038=with_(time="2038-01-19T03:14:08Z"),
     time_far_zone=with_(time="2026-01-02T03:04:05+23:59"),
     parent_unknown=with_(parent="ab" * 32), original_unknown=with_(original="cd" * 32),
     hostname_path=with_(hostname="../../x"), hostname_dots=with_(hostname=".."),
     hostname_none=with_(hostname=gone), hostname_nul=with_(hostname="a\0b"),
     hostname_steers=with_(hostname="\x1b]0;owned\x07\r\n\u202e"),
     hostname_long=with_(hostname="h" * (1 << 16)), username_lines=with_(username="a\nb"),
     tags_paths=with_(tags=["../../x", "", ".", "..", "/", "a/b", "\0", "x" * 300]),
     tags_many=with_(tags=[str(number) for number in range(3000)]),
     tags_same=with_(tags=["same"] * 3000),
     paths_odd=with_(paths=["", "/", "..", "../../x", "a\0b", "\x1b[2J"]),
     paths_many=with_(paths=["/" + str(number) for number in range(20000)]),
     excludes_odd=with_(excludes=["[", "", "**", "\0"]), program_long=with_(program_version="v" * 99999),
     uid_largest=with_(uid=2**32 - 1, gid=2**32 - 1))
rows("snapshot", "", lenient=True,
     time_leap_second=with_(time="2016-12-31T23:59:60Z"),
     time_zone_99=with_(time="2026-01-02T03:04:05+99:99"), paths_none=with_(paths=gone),
     paths_null=with_(paths=None), paths_empty=with_(paths=[]), uid_negative=with_(uid=-1),
     uid_wide=with_(uid=2**40), tree_twice=member_before(b'"tree":"' + b"ab" * 32 + b'"'),
     time_twice=member_before(b'"time":"2020-01-01T00:00:00Z"'),
     hostname_surrogate=text(lambda json_text: json_text.replace(b'"forge"', b'"\\ud800"')),
     hostname_no_text=text(lambda json_text: json_text.replace(b'"forge"', b'"\xff\xc3"')),
     summary_list=with_(summary=[]), summary_negative=with_(summary={"files_new": -1, "data_added": -5}),
     summary_wide=with_(summary={"total_bytes_processed": 2**64, "files_new": 1e300}),
     summary_texts=with_(summary={"backup_start": 5, "backup_end": "never", "dirs_new": "many"}),
     program_number=with_(program_version=7), summary_largest=with_(summary={
         "total_bytes_processed": 2**64 - 1, "total_files_processed": 2**64 - 1,
         "backup_start": "9999-12-31T23:59:59Z", "backup_end": "0001-01-01T00:00:00Z"}))
rows("snapshot", "takes no more", tags_two_million=with_(tags=[""] * (2 << 20)))
rows("snapshot", "", ("zz",), lenient=True, time_year_0=with_(time="0000-01-01T00:00:00Z"))  # not the latest

# ------------------------------------------------------------------------------------------- a node

SIZES = "size|content"
rows("node", "file|tree|name", ("file",), **{
    "name_" + name: with_(name=value) for name, value in {
        "empty": "", "dot": ".", "dots": "..", "slash": "a/b", "root": "/", "escaped_slash": "a\\x2fb",
        "escaped_nul": "a\\x00b", "nul": "a\0b", "octal_nul": "a\\000b", "escaped_dots": "\\x2e\\x2e",
        "bad_escape": "a\\qb", "cut_escape": "a\\x4", "quote": 'a"b', "number": 5, "null": None,
        "none": gone, "list": ["file"]}.items()})
rows("node", "", ("file",), lenient=True, **{
    "name_" + name: with_(name=value) for name, value in {
        "long": "f" * 256, "very_long": "f" * 70000, "newline": "a\nb", "surrogate": "a\\ud800b",
        "steers": "f\x1b[2J\u202e", "dotted": "file.", "capital": "FILE"}.items()})
rows("node", "type|node|file", ("file",), type_none=with_(type=gone), type_null=with_(type=None),
     type_number=with_(type=5))
rows("node", "", ("file",), lenient=True, type_unknown=with_(type="door"), type_empty=with_(type=""),
     type_irregular=with_(type="irregular"))
rows("node", "tree|subtree|file", ("file",),
     directory_without_tree=with_(type="dir"), directory_of_null=with_(type="dir", subtree=None),
     directory_of_words=with_(type="dir", subtree="x"), directory_unknown=with_(type="dir", subtree="ab" * 32),
     directory_is_data=with_(type="dir", subtree=sha256(SMALL)))
rows("node", "blob|content", ("file",),
     content_unknown=with_(content=["ab" * 32]), content_is_a_tree=with_(content=["cd" * 32]),
     content_words=with_(content=["x"]), content_null=with_(content=[None]),
     content_number=with_(content=5), content_text=with_(content="ab" * 32),
     content_object=with_(content={}), content_nested=with_(content=[[sha256(SMALL)]]),
     content_capitals_wrong=with_(content=["G" * 64]), content_half_unknown=with_(
         content=[sha256(SMALL), "ab" * 32], size=2 * len(SMALL)))
rows("node", SIZES, ("file",),
     size_more=with_(size=len(SMALL) + 1), size_less=with_(size=1), size_0=with_(size=0),
     size_huge=with_(size=2**63), size_largest=with_(size=2**64 - 1), size_exabyte=with_(size=2**60),
     content_none=with_(content=gone), content_is_null=with_(content=None), content_empty=with_(content=[]))
rows("node", "node|number|tree|size|file", ("file",),
     size_negative=with_(size=-1), size_fraction=with_(size=28.5), size_text=with_(size="28"),
     size_wide=with_(size=2**64), mode_negative=with_(mode=-1), mode_text=with_(mode="420"),
     mtime_words=with_(mtime="noon"), mtime_number=with_(mtime=0),
     mtime_february_30=with_(mtime="2026-02-30T00:00:00Z"), uid_text=with_(uid="root"),
     links_text=with_(links="1"), inode_negative=with_(inode=-1), inode_wide=with_(inode=2**64),
     attributes_text=with_(extended_attributes="x"), attributes_numbers=with_(extended_attributes=[1]),
     attribute_no_base64=with_(extended_attributes=[{"name": "user.x", "value": "*"}]))
rows("node", SOUND, mode_none=with_(mode=gone), mtime_year_9999=with_(mtime="9999-12-31T23:59:59Z"),
     mtime_1901=with_(mtime="1901-01-01T00:00:00.999999999+01:00"), inode_largest=with_(inode=2**64 - 1),
     device_largest=with_(device_id=2**64 - 1), links_many=with_(links=2**40),
     error_member=with_(error="it went wrong"), user_lines=with_(user="a\nb", group="../x"),
     generic_odd=with_(generic_attributes={"windows.x": [1]}), attributes_null=with_(
         extended_attributes=None), attributes_empty=with_(extended_attributes=[]),
     mtime_year_2038=with_(mtime="2038-01-19T03:14:08Z"), unknown_member=with_(x={"y": [1, 2.5e10]}))
rows("node", "", ("file",), lenient=True,
     mtime_none=with_(mtime=gone), attribute_without_name=with_(extended_attributes=[{"value": ""}]),
     mode_directory=with_(mode=0o755 | 1 << 31), mode_all=with_(mode=2**32 - 1), mode_wide=with_(mode=2**40),
     uid_negative=with_(uid=-1), uid_largest=with_(uid=2**32 - 1), uid_wide=with_(uid=2**33),
     mtime_year_0=with_(mtime="0000-01-01T00:00:00Z"), mtime_leap=with_(mtime="2016-12-31T23:59:60Z"),
     subtree_too=with_(subtree="ab" * 32), link_too=with_(linktarget="/etc/passwd"),
     device_too=with_(device=1281), name_twice=member_before(b'"name":"other"'),
     content_twice=member_before(b'"content":[]'), type_twice=member_before(b'"type":"dir"'),
     too_deep=member_before(b'"x":' + nested(200000)), number_of_1000_digits=member_before(
         b'"x":' + b"9" * 1000), links_wide=with_(links=2**64),
     content_many=with_(content=[sha256(SMALL)] * 100000, size=len(SMALL) * 100000),
     no_name_but_content=with_(name=gone, type=gone),
     **{"attribute_" + name: with_(extended_attributes=value) for name, value in {
         "unnamed": [{"name": "", "value": ""}], "nul": [{"name": "user.a\0b", "value": "AA=="}],
         "long_name": [{"name": "user." + "n" * 300, "value": "AA=="}],
         "large": [{"name": "user.x", "value": base64_text(b"v" * (1 << 20))}],
         "many": [{"name": f"user.{number}", "value": "AA=="} for number in range(3000)],
         "same": [{"name": "user.x", "value": "AA=="}] * 100,
         "no_space": [{"name": "nowhere", "value": "AA=="}],
         "capability": [{"name": "security.capability", "value": "AA=="}],
         "overlay": [{"name": "trusted.overlay.opaque", "value": "eQ=="}],
         "acl": [{"name": "system.posix_acl_access", "value": base64_text(b"\2\0\0\0" + b"\xff" * 99)}],
         "null": [{"name": "user.x", "value": None}]}.items()})
rows("node", "", ("file",), lenient=True, **{
    "link_" + name: with_(**({"type": "symlink", "mode": 0o777 | 1 << 27, "content": None, "size": gone} | members))
    for name, members in {
        "without_target": {}, "empty": {"linktarget": ""}, "nul": {"linktarget": "a\0b"},
        "long": {"linktarget": "t" * 5000}, "huge": {"linktarget": "t" * (1 << 20)},
        "out": {"linktarget": "../../../../etc/passwd"}, "number": {"linktarget": 5},
        "loop": {"linktarget": "file"}, "raw_nonsense": {"linktarget": "x", "linktarget_raw": "*"},
        "raw_nul": {"linktarget": "x", "linktarget_raw": base64_text(b"a\0b")},
        "raw_other": {"linktarget": "x", "linktarget_raw": base64_text(b"/etc/\xff")},
        "with_content": {"linktarget": "x", "content": [sha256(SMALL)]}}.items()})
rows("node", "", ("file",), lenient=True, **{
    name: with_(**({"type": kind, "mode": mode, "content": None, "size": gone} | members))
    for name, kind, mode, members in (
        ("fifo", "fifo", 0o644 | 1 << 25, {}), ("socket", "socket", 0o644 | 1 << 24, {}),
        ("block_device", "dev", 0o600 | 1 << 26, {"device": 0x801}),
        ("device_of_no_number", "dev", 0o600 | 1 << 26, {}),
        ("device_of_wide_number", "chardev", 0o600 | 1 << 26 | 1 << 21, {"device": 2**64 - 1}),
        ("device_with_content", "chardev", 0o600 | 1 << 26, {"device": 5, "size": 9}),
        ("fifo_with_modes_of_a_directory", "fifo", 0o755 | 1 << 31, {}))})


# ------------------------------------------------------------------------------------------ a tree

def nodes(change):
    """A change of the list, in place."""
    def run(value):
        change(value)
        return value
    return run


def moved(value):
    value.insert(0, value.pop())


def many(value):
    value[-1:-1] = [node(f"many{number:06}", "file", content=[]) for number in range(20000)]


rows("nodes", "tree|order|twice|name", tuple(RIGHT), reversed=nodes(list.reverse), moved=nodes(moved),
     doubled=nodes(lambda value: value.insert(1, value[0] | {"size": 1})),
     another_type_of_the_name=nodes(lambda value: value.insert(1, node(
         "file", "symlink", linktarget="/etc"))))
rows("nodes", "", tuple(RIGHT), lenient=True,
     same_twice=nodes(lambda value: value.insert(1, value[0])),
     dot=nodes(lambda value: value.insert(0, node(".", "dir", subtree=value[1]["subtree"]))),
     slash=nodes(lambda value: value.insert(0, node("/", "dir", subtree=value[1]["subtree"]))),
     linked_differently=nodes(lambda value: [value[at].update(
         inode=99, links=2) for at in (0, 2)]),
     itself_in_a_link=nodes(lambda value: value.insert(1, node(
         "inne", "symlink", mode=0o777 | 1 << 27, linktarget="inner"))))
rows("nodes", SOUND, many=nodes(many))
rows("tree", "tree", tuple(RIGHT), **ANY_JSON)
rows("tree", "tree", tuple(RIGHT),
     nodes_none=b"{}\n", nodes_object=b'{"nodes":{}}\n',
     nodes_number=b'{"nodes":5}\n', a_number=b'{"nodes":[5]}\n', a_list=b'{"nodes":[[]]}\n',
     a_null=b'{"nodes":[null]}\n', empty_object=b'{"nodes":[{}]}\n', comma=b'{"nodes":[,]}\n',
     bom=lambda value: b"\xef\xbb\xbf" + value, no_text=lambda value: value.replace(b"file", b"fi\xffe"),
     too_deep=b'{"nodes":' + nested(300000) + b"}\n")
rows("tree", "", tuple(RIGHT), lenient=True,
     empty_list=b'{"nodes":[]}\n', nodes_null=b'{"nodes":null}\n', nodes_twice=lambda value: b'{"nodes":[],' + value[1:],
     nodes_twice_first=lambda value: value[:-2] + b',"nodes":[]}\n',
     unknown_first=lambda value: b'{"x":[1,{"nodes":[]}],' + value[1:],
     unknown_last=lambda value: value[:-2] + b',"x":{"nodes":[]}}\n',
     no_newline=lambda value: value[:-1], spaces=lambda value: value.replace(b",", b" , "),
     capital=lambda value: value.replace(b'"nodes"', b'"Nodes"'))

# ---------------------------------------------------------------------------- frames, and their blobs

BLOB_FRAMES = {
    "no_frame": lambda _: SMALL, "empty": b"", "cut_off": lambda frame: frame[:-3],
    "other_content": lambda _: sealing.compress(SMALL.swapcase()),
    "less_content": lambda _: sealing.compress(SMALL[:-1]),
    "more_content": lambda _: sealing.compress(SMALL + b"x"),
    "garbage_behind": lambda frame: frame + b"xx", "claims_less": lambda _: Frame.of(
        [Frame.block(SMALL)], 5), "claims_more": lambda _: Frame.of([Frame.block(SMALL)], 99),
    "claims_exabytes": lambda _: Frame.of([Frame.block(SMALL)], 1 << 60),
    "bomb": lambda _: Frame.bomb(4096), "bomb_that_tells": lambda _: Frame.bomb(4096, 4 << 30),
    "bomb_behind": lambda frame: frame + Frame.bomb(4096),
    "window_too_large": lambda _: Frame.of([Frame.block(SMALL)], window=0xff),
    "dictionary": lambda _: Frame.MAGIC + b"\xe1\x05" + struct.pack("<Q", len(SMALL)) + Frame.block(
        SMALL), "wrong_checksum": lambda _: Frame.of([Frame.block(SMALL)], len(SMALL), checksum=b"sum!"),
    "reserved_block": lambda _: Frame.of([b"\x07\0\0"], len(SMALL)),
    "only_a_skippable": lambda _: Frame.skippable(SMALL),
    "skippable_that_claims": lambda frame: Frame.skippable(b"", 0xffffffff) + frame,
    "no_last_block": lambda _: Frame.of([Frame.block(SMALL, False)], len(SMALL)),
}
rows("frame", "blob", absent=("file",), **BLOB_FRAMES)
rows("frame", SOUND, stored_block=lambda _: Frame.of([Frame.block(SMALL)], len(SMALL)),
     no_size=lambda _: Frame.of([Frame.block(SMALL)], window=0),
     two_frames=lambda _: sealing.compress(SMALL[:5]) + sealing.compress(SMALL[5:]),
     empty_frames=lambda frame: sealing.compress(b"") * 50 + frame,
     skippable=lambda frame: Frame.skippable(b"x" * 99) + frame + Frame.skippable(b""),
     bytes_one_by_one=lambda _: Frame.of(
         [Frame.block(SMALL[at:at + 1], at == len(SMALL) - 1) for at in range(len(SMALL))], len(SMALL)),
     window_of_512_MiB=lambda _: Frame.of([Frame.block(SMALL)], window=19 << 3))
rows("tree frame", "tree", no_frame=b"text", empty=b"", bomb=lambda _: Frame.bomb(4096),
     bomb_that_tells=lambda _: Frame.bomb(4096, 4 << 30), other_tree=lambda _: sealing.compress(
         tree_text([])), window_too_large=lambda _: Frame.of([Frame.block(b"x")], window=0xff))


def blobs(change):
    def run(value):
        changed = list(value)
        return change(changed) or changed
    return run


def large_blob(mebibytes):
    """A frame of a few bytes that does hold what it says, under its right ID, listed rightly."""
    def change(scene):
        plain = b"\0" * (mebibytes << 20)
        blob = scene.blob(DATA, plain, Frame.bomb(mebibytes, len(plain)), len(plain))
        del plain
        add_file(scene, [blob], mebibytes << 20)
    return change


def add_snapshot(scene, tree, *others):
    """Another, newest one, of this tree, which these trees and blobs are needed for."""
    packs = [scene.put_pack(blobs) for blobs in ([tree, *(blob for blob in others if blob.kind == TREE)],
                                                 [blob for blob in others if blob.kind == DATA]) if blobs]
    scene.put_sealed("index", {"packs": packs})
    return scene.put_sealed("snapshots", scene.snapshot(tree.id, time="2026-02-01T00:00:00Z"))


def add_file(scene, added, size):
    """Another, newest snapshot: a file of these blobs."""
    tree = scene.blob(TREE, tree_text([node("added", "file", size=size, links=1,
                                           content=[blob.id for blob in added])]))
    scene.new = add_snapshot(scene, tree, *{blob.id: blob for blob in added}.values())


rows("done", "blob|size", tuple(RIGHT), lenient=True, large_blob_of_100_MiB=large_blob(100),
     large_blob_of_600_MiB=large_blob(600))


def large_tree(mebibytes, body=b" ", is_told=True):
    """The last snapshot's; its frame tells how much it holds, or not."""
    def change(scene):
        plain = b'{"nodes":[' + body * ((mebibytes << 20) // len(body)) + b"]}\n"
        frames = None if is_told else Frame.of([
            Frame.block(plain[:10], False), *[Frame.repeated(body, 128 << 10, False)] * (mebibytes * 8),
            Frame.block(plain[-3:])], window=0x48)
        scene.new = add_snapshot(scene, scene.blob(TREE, plain, frames))
    return change


rows("done", "", tuple(RIGHT), lenient=True, large_tree_of_spaces=large_tree(100),
     large_tree_of_brackets=large_tree(20, b"["), large_tree_of_commas=large_tree(20, b","))
rows("done", "claim", tuple(RIGHT), huge_tree_of_spaces=large_tree(600),
     huge_tree_of_unknown_size=large_tree(600, is_told=False))

# -------------------------------------------------------------------------------------- the index


def entry(at=0, pack=0, **members):
    """Another listing of one blob: of `file`, unless told otherwise."""
    def change(index):
        blob = index["packs"][pack]["blobs"][at]
        index["packs"][pack]["blobs"][at] = with_(**members)(blob)
        return index
    return change


def packs(change):
    def run(index):
        changed = change(index["packs"])
        return index if changed is None else {"packs": changed}
    return run


rows("index", "index", **{
    name: change for name, change in ANY_JSON.items() if name != "empty"}, **ENVELOPES)
rows("index", SOUND, **{name: change for name, change in ODD_MEMBERS.items()
                        if name not in ("spaces", "unknown_text")}, **SOUND_ENVELOPES)
rows("index", "", lenient=True, unknown_text=ODD_MEMBERS["unknown_text"])
rows("index", "index", spaces=ODD_MEMBERS["spaces"])
rows("index", "index|blob|pack",
     packs_none={}, packs_null={"packs": None}, packs_object={"packs": {}}, packs_numbers={"packs": [1]},
     packs_empty={"packs": []}, nothing_but_deep=b'{"packs":' + nested(300000) + b"}",
     blobs_none=packs(lambda value: [{"id": pack["id"]} for pack in value]),
     blobs_null=packs(lambda value: [{"id": pack["id"], "blobs": None} for pack in value]),
     blobs_text=packs(lambda value: [{"id": pack["id"], "blobs": "x"} for pack in value]),
     pack_id_short=packs(lambda value: value[0].update(id="ab")),
     pack_id_path=packs(lambda value: value[0].update(id="../" * 21 + "x")),
     pack_id_number=packs(lambda value: value[0].update(id=7)),
     pack_unknown=packs(lambda value: value[0].update(id="ab" * 32)),
     packs_swapped=packs(lambda value: [value[0] | {"id": value[1]["id"]}, value[1] | {"id": value[0]["id"]}]))
rows("index", "index|blob|pack", **{
    "entry_" + name: entry(**members) for name, members in {
        "no_id": {"id": gone}, "short_id": {"id": "ab"}, "no_type": {"type": gone},
        "odd_type": {"type": "leaf"}, "number_type": {"type": 0}, "other_type": {"type": "tree"},
        "no_length": {"length": gone}, "offset_1": {"offset": 1},
        "offset_beyond": {"offset": 1 << 20}, "offset_far_beyond": {"offset": 2**32 - 1},
        "offset_wide": {"offset": 2**32}, "offset_of_64_bits": {"offset": 2**64 - 1},
        "offset_negative": {"offset": -1}, "offset_fraction": {"offset": 0.5},
        "offset_text": {"offset": "0"}, "length_0": {"length": 0}, "length_31": {"length": 31},
        "length_32": {"length": 32}, "length_1_less": {"length": 60}, "length_beyond": {"length": 1 << 20},
        "length_largest": {"length": 2**32 - 1}, "length_wide": {"length": 2**32 + 61},
        "length_negative": {"length": -1}, "plain_wide": {"uncompressed_length": 2**32 + 28},
        "plain_negative": {"uncompressed_length": -28}, "plain_1_less": {"uncompressed_length": 27},
        "plain_1_more": {"uncompressed_length": 29}, "plain_0": {"uncompressed_length": 0},
        "plain_none": {"uncompressed_length": gone}, "plain_1": {"uncompressed_length": 1},
        "plain_100_MiB": {"uncompressed_length": 100 << 20},
        "plain_4_GiB": {"uncompressed_length": 2**32 - 1},
        "of_another_blob": {"id": sha256(BELOW)}, "of_nothing": {"id": "ab" * 32}}.items()})
rows("index", "index|blob|pack|tree", **{
    "tree_entry_" + name: entry(2, 1, **members) for name, members in {
        "other_type": {"type": "data"}, "offset_0": {"offset": 0}, "length_32": {"length": 32},
        "length_largest": {"length": 2**32 - 1}, "plain_4_GiB": {"uncompressed_length": 2**32 - 1},
        "plain_13": {"uncompressed_length": 13}, "plain_none": {"uncompressed_length": gone}}.items()})
rows("index", SOUND, shuffled=packs(lambda value: [pack["blobs"].reverse() for pack in value] and None),
     supersedes_odd=with_(supersedes=["ab" * 32, "cd" * 32]),
     twice_the_same=packs(lambda value: [*value, *value]), entry_no_offset=entry(offset=gone))
rows("index", "", lenient=True, packs_twice=lambda index: encode(index)[:-1] + b',"packs":[]}',
     a_blob_100000_times=packs(lambda value: value[0].update(
         blobs=value[0]["blobs"] + value[0]["blobs"][:1] * 100000)),
     supersedes_number=with_(supersedes=5), pack_without_blobs=packs(
         lambda value: [*value, {"id": "ab" * 32, "blobs": []}]),
     entry_twice=packs(lambda value: value[0]["blobs"].append(
         value[0]["blobs"][0] | {"offset": 5, "length": 40})),
     overlapping=packs(lambda value: value[0]["blobs"][1].update(offset=30)),
     a_blob_in_packs_that_are_not=packs(lambda value: [*value, *(
         {"id": sha256(b"%d" % number), "blobs": [value[0]["blobs"][0]]} for number in range(300))]),
     packs_that_are_not=packs(lambda value: [*value, *(
         {"id": sha256(b"%d" % number), "blobs": [
             {"id": sha256(b"b%d" % number), "type": "data", "offset": 0, "length": 2**32 - 1}]}
         for number in range(3000))]),
     offsets_that_wrap=packs(lambda value: value[0]["blobs"].append(
         {"id": "ef" * 32, "type": "data", "offset": 2**32 - 1, "length": 2**32 - 1})),
     a_blob_in_more_places_than_a_pack_has=packs(lambda value: value[0].update(
         blobs=value[0]["blobs"] + value[0]["blobs"][:1] * 453438)),
     a_million_blobs=packs(lambda value: [*value, {"id": "ab" * 32, "blobs": [
         {"id": f"{number:064x}", "type": "data", "offset": number * 100, "length": 100}
         for number in range(200000)]}]))
rows("index", "uncompressed|version|index|blob", version=1,
     plain_in_version_1=entry(uncompressed_length=28))
rows("index", SOUND, version=1, sound_in_version_1=lambda index: index)


def more_indexes(count):
    def change(scene):
        for number in range(count):
            scene.put_sealed("index", {"packs": scene.packs, "x": number})
    return change


def contradiction(scene):
    first = scene.packs[0]
    scene.put_sealed("index", {"packs": [first | {"blobs": first["blobs"][1:]}]})


rows("done", SOUND, many_indexes=more_indexes(500))
rows("done", "", lenient=True, a_pack_listed_in_part=contradiction,
     index_in_version_1_style=lambda scene: scene.put_sealed("index", [{"id": "ab" * 32, "blobs": []}]) and None)

# ----------------------------------------------------------------------------------------- packs


def header_entries(change):
    """A change of the header of the pack of data, as a list of entries."""
    def run(header):
        entries = [header[at:at + 41] for at in range(0, len(header), 41)]
        return b"".join(change(entries) or entries)
    return run


def resealed(scene_key_is_wrong):
    """The pack with its header sealed by somebody else."""
    def run(pack):
        length = int.from_bytes(pack[-4:], "little")
        sealed = sealing.seal(scene_key_is_wrong, b"\0" * (length - 32))
        return pack[:-4 - length] + sealed + pack[-4:]
    return run


HEADERS = {
    "empty": b"", "one_missing": header_entries(lambda entries: entries[1:]),
    "one_twice": header_entries(lambda entries: [*entries, entries[0]]),
    "swapped": header_entries(lambda entries: entries[::-1]),
    "odd_type": header_entries(lambda entries: [b"\7" + entries[0][1:], *entries[1:]]),
    "other_type": header_entries(lambda entries: [b"\3" + entries[0][1:], *entries[1:]]),
    "not_compressed": header_entries(lambda entries: [
        b"\0" + entries[0][1:5] + entries[0][9:], *entries[1:]]),
    "cut_off": lambda header: header[:-1], "longer": lambda header: header + b"\0",
    "length_0": header_entries(lambda entries: [
        entries[0][:1] + bytes(4) + entries[0][5:], *entries[1:]]),
    "length_largest": header_entries(lambda entries: [
        entries[0][:1] + b"\xff" * 4 + entries[0][5:], *entries[1:]]),
    "plain_0": header_entries(lambda entries: [entries[0][:5] + bytes(4) + entries[0][9:], *entries[1:]]),
    "plain_largest": header_entries(lambda entries: [
        entries[0][:5] + b"\xff" * 4 + entries[0][9:], *entries[1:]]),
    "other_id": header_entries(lambda entries: [entries[0][:9] + b"\xab" * 32, *entries[1:]]),
    "zeros": bytes(4100), "a_million_entries": b"\0" * 37 * 400000,
}
PACKS = {
    "no_trailer": lambda pack: pack[:-4], "trailer_0": lambda pack: pack[:-4] + bytes(4),
    "trailer_31": lambda pack: pack[:-4] + struct.pack("<I", 31),
    "trailer_largest": lambda pack: pack[:-4] + b"\xff" * 4,
    "trailer_beyond": lambda pack: pack[:-4] + struct.pack("<I", len(pack) - 3),
    "garbage_behind": lambda pack: pack + b"garbage behind", "zeros_behind": lambda pack: pack + bytes(4),
    "garbage_before": lambda pack: b"garbage" + pack, "empty": b"", "one_byte": b"x",
    "no_header": lambda pack: pack[:-4 - int.from_bytes(pack[-4:], "little")],
    "foreign_header": resealed(b"k" * 64), "doubled": lambda pack: pack + pack,
}
rows("header", "pack|header", absent=(), **HEADERS)
rows("tree header", "pack|header", absent=(), **{
    name: change for name, change in HEADERS.items() if name in ("empty", "one_missing", "odd_type",
                                                                "plain_largest", "length_largest")})
rows("pack", "pack", **PACKS)
rows("tree pack", "pack|tree", **{
    name: change for name, change in PACKS.items() if name in ("no_trailer", "garbage_behind", "empty",
                                                              "garbage_before", "trailer_largest")})
rows("blobs", SOUND, reversed=blobs(lambda value: value[::-1]),
     one_nobody_uses=blobs(lambda value: [*value, Blob(DATA, sha256(b"x"), value[0].sealed, 1)][:-1]))
rows("blobs", "pack|blob", absent=("file",), wrong_id=blobs(
    lambda value: [dataclasses.replace(value[0], id=sha256(b"another")), *value[1:]]),
    foreign_seal=blobs(lambda value: [dataclasses.replace(
        value[0], sealed=sealing.seal(b"k" * 64, sealing.compress(SMALL))), *value[1:]]),
    content_of_another=blobs(lambda value: [dataclasses.replace(
        value[0], sealed=value[1].sealed, plain_bytes=value[1].plain_bytes), *value[1:]]),
    zero_bytes=blobs(lambda value: [dataclasses.replace(value[0], sealed=b""), *value[1:]]),
    no_text=blobs(lambda value: [dataclasses.replace(value[0], sealed=value[0].sealed[:31]), *value[1:]]))


def second_copy(stored):
    """The pack of data again, under another name, with a first blob that is `stored`."""
    def change(scene):
        copy = [dataclasses.replace(blob) for blob in scene.data]
        copy[0] = dataclasses.replace(copy[0], sealed=scene.seal(stored))
        scene.put_sealed("index", {"packs": [scene.put_pack(copy)]})
    return change


def unlisted_pack(scene):
    scene.put_pack([scene.blob(DATA, b"nobody lists me")])
    scene.put("data/00/" + "0" * 64, b"not even a pack")


rows("done", "pack", absent=("file",), second_copy_other=second_copy(sealing.compress(SMALL.swapcase())),
     second_copy_bomb=second_copy(Frame.bomb(4096)), second_copy_nothing=second_copy(b""))
rows("done", "", lenient=True, unlisted=unlisted_pack)
rows("done", SOUND, second_copy_right=second_copy(Frame.of([Frame.block(SMALL)], len(SMALL))))

# ------------------------------------------------------------------------------------------ trees


def deep(levels, *names):
    """Each directory has the one below by each of the names: with more than one, a power of that many paths."""
    def change(scene):
        tree = scene.new_tree
        added = []
        for _ in range(levels):
            added.append(scene.blob(TREE, tree_text([node(name, "dir", subtree=tree) for name in names])))
            tree = added[-1].id
        scene.new = add_snapshot(scene, *added[::-1])
    return change


rows("done", "", tuple(RIGHT), lenient=True, deep_of_3000=deep(3000, "d"),
     deep_of_300_with_long_names=deep(300, "d" * 255))
rows("done", SOUND, tuple(RIGHT), a_directory_at_64_paths=deep(6, "d", "e"))


# --------------------------------------------------------------------------- ways out of the target

CANARY = "../../outside/canary"  # as `hostile.Trial` restores


def small(name, **members):
    return node(name, "file", **{"content": [sha256(SMALL)], "size": len(SMALL), "links": 1} | members)


def link(name, target, **members):
    return node(name, "symlink", **{"mode": 0o777 | 1 << 27, "linktarget": target, "links": 1} | members)


def way_out(make, make_older=None):
    """The newest snapshot is the list that `make` makes, of what is outside and of directories, which it
    gets by a function from lists; the older one may be another.
    """
    def change(scene):
        outside = os.path.join(os.path.dirname(scene.path), "outside", "canary")
        trees = []

        def directory(name, *nodes):
            trees.append(scene.blob(TREE, tree_text(nodes)))
            return node(name, "dir", subtree=trees[-1].id)
        if make_older:
            scene.old = add_snapshot(scene, scene.blob(TREE, tree_text(make_older(outside, directory))), *trees)
        root = scene.blob(TREE, tree_text(make(outside, directory)))
        scene.new = add_snapshot(scene, root, *trees)
    return change


def two_of_an_inode(first, second):
    return way_out(lambda outside, directory: [
        one | {"links": 2, "inode": 99} for one in (first("a", outside), second("b", outside))])


rows("done", "name|twice|order", tuple(RIGHT),
     name_that_leads_out=way_out(lambda outside, directory: [small(CANARY)]),
     name_that_is_a_path_from_the_root=way_out(lambda outside, directory: [small(outside)]),
     name_that_leads_out_by_escapes=way_out(lambda outside, directory: [small(CANARY.replace("/", "\\x2f"))]),
     link_of_a_name_that_leads_out=way_out(lambda outside, directory: [link(CANARY, "nowhere")]),
     directory_of_a_name_that_leads_out=way_out(lambda outside, directory: [
         directory(os.path.dirname(CANARY), small("canary"))]),
     parents_with_children=way_out(lambda outside, directory: [
         directory("..", directory("..", directory("outside", small("canary"))))]),
     link_and_a_directory_of_its_name=way_out(lambda outside, directory: [
         link("d", os.path.dirname(CANARY)), directory("d", small("canary"))]),
     directory_and_a_link_of_its_name=way_out(lambda outside, directory: [
         directory("d", small("canary")), link("d", os.path.dirname(CANARY))]),
     link_and_a_file_of_its_name=way_out(lambda outside, directory: [link("d", CANARY), small("d")]))
rows("done", SOUND, tuple(RIGHT),
     link_that_the_next_has_a_directory_for=way_out(
         lambda outside, directory: [directory("d", small("canary", mode=0o600))],
         lambda outside, directory: [link("d", os.path.dirname(CANARY))]),
     link_that_the_next_has_a_file_for=way_out(
         lambda outside, directory: [small("d", mode=0o600)], lambda outside, directory: [link("d", CANARY)]),
     link_that_the_next_has_a_link_for=way_out(
         lambda outside, directory: [link("d", CANARY)], lambda outside, directory: [link("d", outside)]),
     link_out_with_much_to_set=way_out(lambda outside, directory: [link(
         "d", outside, mode=0o7000 | 1 << 27, uid=os.getuid(), mtime="2001-01-01T00:00:00Z")]),
     link_out_as_long_as_can_be=way_out(lambda outside, directory: [
         link("d", os.path.dirname(CANARY) + "/." * 2030 + "/canary")]),
     file_that_is_a_link_by_its_inode=two_of_an_inode(link_to := lambda name, outside: link(name, outside),
                                                      lambda name, outside: small(name)),
     link_that_is_a_file_by_its_inode=two_of_an_inode(lambda name, outside: small(name), link_to),
     links_of_an_inode=two_of_an_inode(link_to, lambda name, outside: link(name, CANARY)),
     directory_of_an_inode_of_a_link=way_out(lambda outside, directory: [
         link("a", os.path.dirname(CANARY), links=2, inode=99),
         directory("b", small("canary")) | {"links": 2, "inode": 99}]),
     files_of_an_inode_that_differ=way_out(lambda outside, directory: [
         small("a", links=2, inode=99), small("b", links=2, inode=99, content=[sha256(BELOW)], size=len(BELOW))]))
rows("done", "", tuple(RIGHT), lenient=True, link_out_with_attributes=way_out(lambda outside, directory: [link(
    "d", outside, uid=1, gid=1, extended_attributes=[{"name": name, "value": "AA=="}
                                                     for name in ("trusted.x", "user.x")])]))


def many_snapshots(scene):
    for number in range(1000):
        scene.put_sealed("snapshots", scene.snapshot(scene.old_tree, uid=number + 1,
                                                     time="2025-01-01T00:00:00Z"))


rows("done", SOUND, many_snapshots=many_snapshots)

# ------------------------------------------------------------------------------------------ locks

LOCKED = "lock"
rows("lock", LOCKED, exclusive=with_(exclusive=True), exclusive_in_the_future=with_(
    exclusive=True, time="2999-01-01T00:00:00Z"), exclusive_long_ago=with_(
        exclusive=True, time="1970-01-01T00:00:00Z"), shared=with_(), pid_0=with_(pid=0),
     pid_negative=with_(pid=-1), pid_wide=with_(pid=2**40), pid_huge=with_(pid=2**64),
     own_host=with_(hostname=socket.gethostname(), pid=os.getpid()),
     steers=with_(hostname="\x1b[2J\n", username="\x1b]0;x\7"), long=with_(username="u" * (1 << 20)),
     time_none=with_(time=gone), time_words=with_(time="now"), time_year_9999=with_(
         time="9999-12-31T23:59:59Z"), time_year_0=with_(time="0000-01-01T00:00:00Z"),
     exclusive_word=with_(exclusive="no"), exclusive_none=with_(exclusive=gone),
     too_deep=member_before(b'"x":' + nested(200000)), **ANY_JSON,
     bomb=lambda _: b"\2" + Frame.bomb(4096))


def many_locks(scene):
    for number in range(500):
        scene.put_sealed("locks", {"time": TIME, "exclusive": False, "hostname": "elsewhere",
                                   "username": "u", "pid": number + 1})


def many_keys(scene):
    for number in range(300):
        scene.put_named("keys", encode(scene.key_file(scene.master(), f"password {number}")))


def expensive_keys(scene):
    for number in range(300):
        key = scene.key_file(scene.master(), f"password {number}")
        scene.put_named("keys", encode(key | {"N": 1 << 20, "p": 1 + number}))


def another_master(scene):
    """The password opens this key, too, but the key opens nothing."""
    foreign = type(scene).__mro__[1].master(scene) | {"encrypt": base64_text(b"e" * 32)}
    scene.put_named("keys", encode(scene.key_file(foreign)))


rows("done", LOCKED, many_locks=many_locks)
rows("done", SOUND, many_keys=many_keys, expensive_keys=expensive_keys, key_of_another_master=another_master)

# ------------------------------------------------------------------- files that are something else


def victim(scene, which):
    """The path of a file."""
    return scene.at({
        "config": "config", "key": f"keys/{scene.key_id}", "index": f"index/{scene.index}",
        "snapshot": f"snapshots/{scene.new}", "lock": "locks/" + "ab" * 32,
        "pack": f"data/{scene.packs[0]['id'][:2]}/{scene.packs[0]['id']}",
        "tree pack": f"data/{scene.packs[1]['id'][:2]}/{scene.packs[1]['id']}"}[which])


def moved_away(path):
    """The file, beside the repository."""
    outside = path.split("/repository")[0] + "/outside/" + os.path.basename(path)
    if os.path.exists(path):
        os.rename(path, outside)
    return outside


def make_socket(path):
    # The name of a socket must be short, so it is bound in its directory.
    here = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"/proc/self/fd/{here}/{os.path.basename(path)[:60]}")
        os.rename(os.path.join(os.path.dirname(path), os.path.basename(path)[:60]), path)
    finally:
        os.close(here)


def make_device(path):
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))  # endless zeros
    except PermissionError:
        os.symlink("/dev/zero", path)


def make_sparse(path, size=1 << 42):
    with open(path, "wb") as file:
        file.truncate(size)


def sparse_behind(path):
    if os.path.exists(path):
        os.truncate(path, 1 << 42)
    else:
        make_sparse(path)


def truncated(path):
    with open(path, "r+b" if os.path.exists(path) else "wb") as file:
        file.truncate(os.path.getsize(path) // 2)


def placed(make):
    def run(path):
        moved_away(path)
        make(path)
    return run


KINDS = {
    "a_fifo": placed(os.mkfifo), "a_socket": placed(make_socket), "a_device": placed(make_device),
    "a_directory": placed(os.mkdir), "sparse": placed(make_sparse), "sparse_behind": sparse_behind,
    "empty": placed(lambda path: open(path, "wb").close()), "cut_off": truncated,
    "a_link_to_nothing": placed(lambda path: os.symlink("nowhere", path)),
    "a_link_to_itself": placed(lambda path: os.symlink(path, path)),
    "a_link_to_zeros": placed(lambda path: os.symlink("/dev/zero", path)),
    "a_link_to_a_terminal": placed(lambda path: os.symlink("/dev/tty", path)),
    "a_link_to_memory": placed(lambda path: os.symlink("/proc/self/mem", path)),
    "a_link_to_descriptors": placed(lambda path: os.symlink("/proc/self/fd/0", path)),
    "missing": placed(lambda path: None),
}


def at(which, make):
    return lambda scene: make(victim(scene, which))


for _which, _says in (("config", "config"), ("key", "key|password"), ("index", "index|blob|pack"),
                      ("snapshot", "snapshot"), ("pack", "pack|data"), ("tree pack", "pack|data"),
                      ("lock", "lock")):
    _where = _which.replace(" ", "_") + "_file"
    for _name, _make in KINDS.items():
        sound = (_which, _name) in {("lock", "empty"), ("lock", "missing"), ("lock", "cut_off"),
                                    ("lock", "a_link_to_memory"),
                                    ("snapshot", "missing")}
        # Without a file that nobody knows of, the older snapshot is the latest.
        rows("done", "" if sound else _says, ("zz",) if sound and _which == "snapshot" else (), lenient=sound,
             **{f"{_where}_is_{_name}": at(_which, _make)})
    if _which != "lock":
        rows("done", SOUND, **{f"{_where}_is_a_link_to_the_same": at(
            _which, lambda path: os.symlink(moved_away(path), path))})


def in_place_of_directory(which, make):
    def run(scene):
        path = scene.at(which)
        os.rename(path, os.path.join(os.path.dirname(scene.path), "outside", which))
        make(path)
    return run


def elsewhere(path):
    os.symlink(os.path.join(os.path.dirname(os.path.dirname(path)), "outside", os.path.basename(path)),
               path)


for _which in ("index", "keys", "snapshots", "data", "locks"):
    rows("done", "", lenient=True, **{
        f"{_which}_is_a_fifo": in_place_of_directory(_which, os.mkfifo),
        f"{_which}_is_a_file": in_place_of_directory(_which, lambda path: open(path, "wb").close()),
        f"{_which}_is_a_link_to_itself": in_place_of_directory(_which, lambda path: os.symlink(path, path)),
        f"{_which}_is_a_link_to_nothing": in_place_of_directory(
            _which, lambda path: os.symlink("nowhere", path))})
    rows("done", SOUND, **{f"{_which}_is_a_link_to_the_same": in_place_of_directory(_which, elsewhere)})


def odd_names(scene):
    for directory in ("index", "keys", "snapshots", "locks", "data", "data/00"):
        for name in ("x", ".", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "-tmp-1", "\udcff" * 64, "a\nb",
                     "0" * 64 + "\x1b[2J"):
            if name != ".":
                scene.put(os.path.join(directory, name), b"?")


def wrong_directory(scene):
    name = scene.packs[0]["id"]
    os.makedirs(scene.at("data/zz"), exist_ok=True)
    os.rename(scene.at("data", name[:2], name), scene.at("data/zz", name))


def misnamed(which, to):
    def run(scene):
        path = victim(scene, which)
        os.rename(path, os.path.join(os.path.dirname(path), to))
    return run


TABLE.extend(Forgery(f"done: {which} grows", "done", lambda scene: None, says, absent=tuple(RIGHT), grows=which)
             for which, says in (("config", "config"), ("key", "key|password"), ("index", "index"),
                                 ("snapshot", "snapshot"), ("pack", "pack"), ("tree pack", "pack|tree")))
rows("done", SOUND, odd_names=odd_names)
rows("done", "pack", pack_in_a_wrong_directory=wrong_directory)
rows("done", "", lenient=True, **{
    f"{which}_misnamed": misnamed(which, "ab" * 32) for which in ("key", "index", "snapshot")})

# ------------------------------------------------------------------------------ lies by the dozen

NASTY = (None, True, False, 0, 1, -1, 0.5, 1e300, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, "",
         " ", "\0", ".", "..", "/", "../../x", "a" * 300, "\x1b[2J", "\ud800", "\u202e", [], [[]], {}, [None],
         "ab" * 32, "00" * 32, sha256(SMALL), "AB" * 32, "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z",
         TIME, base64_text(b"x" * 64), "*" * 88)
OBJECTS = ("config", "key", "master", "node", "index", "snapshot", "lock")


def places(value, path=()):
    """Ways to every value within."""
    if path:
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from places(member, (*path, name))


def mutated(value, choice):
    """With one value replaced, left out, or there twice, somewhere."""
    *way, last = choice.choice(list(places(value)))
    inner = value
    for name in way:
        inner = inner[name]
    action = choice.randrange(8)
    if action == 0:
        del inner[last]
    elif action == 1 and isinstance(inner, list):
        inner.append(inner[last])
    elif action == 2 and isinstance(inner, dict):
        inner[choice.choice(list(inner))] = inner[last]
    else:
        inner[last] = choice.choice(NASTY)
    return value


def random_lie(choice):
    """One that is in no table."""
    stage = choice.choice(OBJECTS)
    seed = choice.getrandbits(32)
    # With another name or content the file is another one; with another time the snapshot is not the latest.
    other = {"node": ("file",), "snapshot": ("zz",)}.get(stage, ())
    # The place is chosen when the object is known, always the same one.
    return Forgery(f"{stage}: anything {seed}", stage, lambda value: mutated(value, type(choice)(seed)), "",
                   choice.choice((1, 2, 2, 2)), other, tuple(RIGHT), lenient=True)
