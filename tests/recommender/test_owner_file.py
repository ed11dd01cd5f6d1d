"""Files for the owner alone: their mode, and that nothing but the new content is left."""

from pathlib import Path

from recommender.owner_file import replace_for_owner


def test_a_file_is_replaced_whole_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("a much longer text than the new one", encoding="utf-8")
    path.chmod(0o644)
    replace_for_owner(path, "ü")
    assert path.read_text(encoding="utf-8") == "ü"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
