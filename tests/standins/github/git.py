"""Git objects in memory, with git's own ids."""

import hashlib
from dataclasses import dataclass, field


@dataclass
class Commit:
    sha: str
    tree: str
    parents: list
    message: str
    author: str
    at: object


@dataclass
class GitStore:
    blobs: dict = field(default_factory=dict)
    """Contents by id."""
    trees: dict = field(default_factory=dict)
    """By id: {name: (mode, type, id)}."""
    commits: dict = field(default_factory=dict)
    refs: dict = field(default_factory=dict)
    """Full names: `refs/heads/main`."""

    def __deepcopy__(self, memo):
        """Objects never change, so only the tables are copied."""
        return GitStore(dict(self.blobs), dict(self.trees), dict(self.commits), dict(self.refs))

    def blob(self, content):
        """The id of a new blob."""
        sha = _hash("blob", content)
        self.blobs[sha] = content
        return sha

    def tree(self, entries):
        """The id of a new tree of {name: (mode, type, id)}."""
        ordered = sorted(entries.items(), key=lambda entry: entry[0] + ("/" if entry[1][1] == "tree" else ""))
        raw = b"".join(
            f"{mode.lstrip('0')} {name}".encode() + b"\0" + bytes.fromhex(sha) for name, (mode, _, sha) in ordered
        )
        sha = _hash("tree", raw)
        self.trees[sha] = dict(ordered)
        return sha

    def tree_of(self, files):
        """The id of the tree that holds these files: {path: content}."""
        here, below = {}, {}
        for path, content in files.items():
            head, slash, rest = path.partition("/")
            if slash:
                below.setdefault(head, {})[rest] = content
            else:
                here[head] = ("100644", "blob", self.blob(content))
        for name, inner in below.items():
            here[name] = ("040000", "tree", self.tree_of(inner))
        return self.tree(here)

    def commit(self, tree, parents, message, author, at):
        """The id of a new commit."""
        who = f"{author} <{author}@example.com> {int(at.timestamp())} +0000"
        raw = (
            f"tree {tree}\n" + "".join(f"parent {p}\n" for p in parents) + f"author {who}\ncommitter {who}\n\n{message}"
        )
        sha = _hash("commit", raw.encode())
        self.commits[sha] = Commit(sha, tree, list(parents), message, author, at)
        return sha

    def files(self, commit):
        """All files of a commit: {path: content}."""
        return dict(self._walk(self.commits[commit].tree, ""))

    def entries(self, tree, prefix=""):
        """All entries below a tree: path, (mode, type, id)."""
        for name, entry in self.trees[tree].items():
            yield prefix + name, entry
            if entry[1] == "tree":
                yield from self.entries(entry[2], f"{prefix}{name}/")

    def _walk(self, tree, prefix):
        return ((path, self.blobs[sha]) for path, (_, kind, sha) in self.entries(tree, prefix) if kind == "blob")

    def is_ancestor(self, old, new):
        """Whether `new` holds `old` in its history."""
        waiting, seen = [new], set()
        while waiting:
            sha = waiting.pop()
            if sha == old:
                return True
            if sha in seen or sha not in self.commits:
                continue
            seen.add(sha)
            waiting.extend(self.commits[sha].parents)
        return False

    def resolve(self, name):
        """The commit that a branch, tag or (abbreviated) id names, or None."""
        for ref in (name, f"refs/{name}", f"refs/heads/{name}", f"refs/tags/{name}"):
            if ref in self.refs:
                return self.refs[ref]
        if len(name) >= 7:
            return next((sha for sha in self.commits if sha.startswith(name)), None)
        return None


def _hash(kind, content):
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()
