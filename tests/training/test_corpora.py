"""Corpora are read as they are distributed: labels, speakers, sexes, languages, and what is left out and why."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edge_ser.errors import InvalidSetting, NoRecordings
from tests.training import made_up
from training.commands.corpora import command
from training.corpora import CORPORA, Found, folder_of, others_in, read, skips, warnings
from training.corpora.labels import LABELS, label_of


def facts(found: Found) -> dict[str, tuple[str, str | None, str | None, str]]:
    """Return speaker, label, sex and language by the file's name without its suffix."""
    return {clip.path.stem: (clip.speaker, clip.label, clip.sex, clip.language) for clip in found.clips}


def reasons(found: Found) -> dict[str, str]:
    return {item.path.name: item.reason for item in found.skipped}


# Real recordings -----------------------------------------------------------------------------------------------------


def test_real_crema_d(data: Path) -> None:
    found = read(data, "crema-d")
    assert len(found.clips) == 4_895
    assert len({clip.speaker for clip in found.clips}) == 60
    assert {clip.label for clip in found.clips} == {"anger", "disgust", "fear", "happiness", "neutral", "sadness"}
    assert not found.skipped
    assert {clip.sex for clip in found.clips} == {"female", "male"}
    assert sum(bool(clip.votes) for clip in found.clips) == 4_894
    assert all(sum(share for _, share in clip.votes) == pytest.approx(1) for clip in found.clips if clip.votes)
    assert warnings(found, "crema-d") == ["crema-d: found 4895 of 7442 clips: the corpus is not whole"]


def test_real_emodb(data: Path) -> None:
    found = read(data, "emodb")
    assert Counter(clip.label for clip in found.clips) == {
        "anger": 127,
        "boredom": 81,
        "disgust": 46,
        "fear": 69,
        "happiness": 71,
        "neutral": 79,
        "sadness": 62,
    }
    assert len({clip.speaker for clip in found.clips}) == 10
    assert len({clip.speaker for clip in found.clips if clip.sex == "female"}) == 5
    assert warnings(found, "emodb") == []


def test_real_noise(data: Path) -> None:
    found = read(data, "noise")
    assert len(found.clips) == 244
    assert {clip.label for clip in found.clips} == {None}
    takes = [clip.speaker for clip in found.clips if "esc10_baby_cry_1-22694" in clip.path.name]
    assert takes == ["noise/esc10_baby_cry_1-22694"] * 2


# The registry --------------------------------------------------------------------------------------------------------


def test_entries_map_to_our_labels_and_say_what_they_are() -> None:
    for name, corpus in CORPORA.items():
        assert name == corpus.name
        assert set(corpus.labels.values()) <= set(LABELS)
        assert all((corpus.title, corpus.licence, corpus.get, corpus.left_out, corpus.citation))
    assert [name for name, corpus in CORPORA.items() if corpus.ships] == ["crema-d", "emodb", "noise"]


def test_no_name_means_two_corpora() -> None:
    names = [
        "".join(filter(str.isalnum, word.lower()))
        for corpus in CORPORA.values()
        for word in {corpus.name, *corpus.aliases}
    ]
    assert max(Counter(names).values()) == 1


def test_every_corpus_is_found_below_its_folder_with_all_its_labels(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    for name, corpus in CORPORA.items():
        found = read(tmp_path, name)
        assert {clip.corpus for clip in found.clips} == {name}
        assert all(clip.speaker.startswith(f"{name}/") for clip in found.clips)
        assert {clip.label for clip in found.clips} - {None} == set(corpus.labels.values()) - (
            {"disgust", "fear"} if name == "iemocap" else set()
        )
        assert {clip.language for clip in found.clips} <= {*corpus.languages, ""}


@pytest.mark.parametrize("suffix", [".wav", ".WAV", ".flac", ".ogg", ".Flac"])
@pytest.mark.parametrize("name", CORPORA)
def test_any_suffix_and_any_depth(tmp_path: Path, name: str, suffix: str) -> None:
    made_up.everything(tmp_path)
    before = facts(read(tmp_path, name))
    folder = folder_of(tmp_path, name)
    assert folder
    for path in list(folder.rglob("*.*")):
        if path.suffix in (".wav", ".ogg"):
            path.rename(path.with_suffix(suffix))
    shutil.move(folder, tmp_path / "moved")
    folder.mkdir()
    shutil.move(tmp_path / "moved", folder / "archive")
    after = facts(read(tmp_path, name))
    assert after.keys() == before.keys()
    assert name == "noise" or after == before


def test_order_depends_on_names_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("one", "elsewhere/two"):
        made_up.everything(tmp_path / place)

    def names(place: str) -> list[str]:
        clips = [clip for name in CORPORA for clip in read(tmp_path / place, name).clips]
        return [clip.path.relative_to(tmp_path / place).as_posix() for clip in clips]

    first = names("one")
    walk = os.walk

    def backwards(*args: object, **kwargs: object):
        for parent, folders, files in walk(*args, **kwargs):
            folders.reverse()
            yield parent, folders, files[::-1]

    monkeypatch.setattr(os, "walk", backwards)
    assert names("elsewhere/two") == first


def test_what_is_no_audio_is_ignored_and_what_is_no_recording_is_said(tmp_path: Path) -> None:
    folder = made_up.tree(tmp_path / "emodb", ["wav/03a01Wa.wav", "wav/hello.wav", "wav/07a01Wa.wav"])
    made_up.text(folder / "erkennung.txt", "x")
    made_up.recording(folder / "__MACOSX/wav/._03a01Wa.wav")
    (folder / "wav/03a01Fa.wav").touch()
    made_up.text(folder / "wav/03a01Na.wav", "version https://git-lfs.github.com/spec/v1", "oid sha256:0", "size 9")
    found = read(tmp_path, "emodb")
    assert list(facts(found)) == ["03a01Wa"]
    assert reasons(found) == {
        "hello.wav": "unrecognized name",
        "07a01Wa.wav": "unrecognized name",
        "03a01Fa.wav": "empty file",
        "03a01Na.wav": "Git LFS pointer, not the recording (git lfs pull)",
    }
    assert skips(found)["unrecognized name"] == 2
    assert warnings(found, "emodb") == [
        "emodb: found 1 of 535 clips: the corpus is not whole",
        "emodb: skipped 2 files: unrecognized name",
        "emodb: skipped 1 file: Git LFS pointer, not the recording (git lfs pull)",
        "emodb: skipped 1 file: empty file",
    ]


def test_folders_may_be_links(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "disk/wav", ["03a01Wa.wav"])
    (tmp_path / "data/emodb").mkdir(parents=True)
    (tmp_path / "data/emodb/wav").symlink_to(tmp_path / "disk/wav")
    (tmp_path / "data/emodb/loop").symlink_to(tmp_path / "data/emodb")
    found = read(tmp_path / "data", "emodb")
    assert list(facts(found)) == ["03a01Wa"]
    assert not found.skipped


# One after the other -------------------------------------------------------------------------------------------------


def test_crema_d_official_tables_short_name_and_broken_clips(tmp_path: Path) -> None:
    broken = ["1064_IEO_DIS_MD", "1064_TIE_SAD_XX", "1076_MTI_NEU_XX", "1076_MTI_SAD_XX"]
    names = ["1001_DFA_ANG_XX", "1002_IEO_HAP_HI", "1040_ITH_SAD_X", *broken, "1001_DFA_BOR_XX"]
    folder = made_up.tree(tmp_path / "CREMA-D-master", [f"AudioWAV/{name}.wav" for name in names])
    made_up.recording(folder / "AudioMP3/1001_DFA_ANG_XX.mp3")
    people = ["1001,51,Male,Caucasian", "1002,21,Female,Caucasian"]
    made_up.text(folder / "VideoDemographics.csv", '"ActorID","Age","Sex","Race"', *people)
    made_up.text(
        folder / "processedResults/tabulatedVotes.csv",
        '"","A","D","F","H","N","S","fileName","numResponses"',
        '"100062",6,2,0,0,1,0,"1001_DFA_ANG_XX",9',
        '"103200",0,0,0,0,1,3,"1040_ITH_SAD_XX",4',
        '"200062",0,0,0,9,0,0,"1001_DFA_ANG_XX",9',
        '"300062",0,0,0,9,0,0,"1001_DFA_ANG_XX",9',
    )
    found = read(tmp_path, "crema-d")
    assert facts(found) == {
        "1001_DFA_ANG_XX": ("crema-d/1001", "anger", "male", "en"),
        "1002_IEO_HAP_HI": ("crema-d/1002", "happiness", "female", "en"),
        "1040_ITH_SAD_X": ("crema-d/1040", "sadness", None, "en"),
    }
    assert found.clips[0].votes == (("anger", 6 / 9), ("disgust", 2 / 9), ("neutral", 1 / 9))
    assert found.clips[1].votes == ()
    assert dict(found.clips[2].votes) == {"neutral": 0.25, "sadness": 0.75}
    assert reasons(found) == {
        **{f"{name}.wav": "known broken clip" for name in broken},
        "1001_DFA_BOR_XX.wav": "unrecognized name",
    }
    assert warnings(found, "crema-d")[0] == "crema-d: found 7 of 7442 clips: the corpus is not whole"


def test_crema_d_table_without_a_column_is_one_clear_line(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "crema-d", ["1001_DFA_ANG_XX.wav"])
    made_up.text(tmp_path / "crema-d-actors.csv", "actor,age", "1001,51")
    with pytest.raises(InvalidSetting, match=r"crema-d-actors\.csv:1: the column sex is missing"):
        read(tmp_path, "crema-d")


def test_ravdess_without_songs_videos_and_the_mirrors_second_copy(tmp_path: Path) -> None:
    names = ["03-01-06-01-02-01-12.wav", "03-02-06-01-02-01-12.wav", "01-01-06-01-02-01-12.wav"]
    names += ["03-01-06-01-02-01-25.wav", "03-01-09-01-02-01-12.wav"]
    folder = made_up.tree(tmp_path / "ravdess-emotional-speech-audio/Actor_12", names)
    made_up.tree(tmp_path / "ravdess-emotional-speech-audio/Actor_01", ["03-01-02-02-02-02-01.wav"])
    nested = folder.parent / "audio_speech_actors_01-24"
    for path in (folder / names[0], folder.parent / "Actor_01/03-01-02-02-02-02-01.wav"):
        (nested / path.parent.name).mkdir(parents=True)
        shutil.copy(path, nested / path.parent.name)
    found = read(tmp_path, "ravdess")
    assert facts(found) == {
        "03-01-02-02-02-02-01": ("ravdess/01", "calm", "male", "en"),
        "03-01-06-01-02-01-12": ("ravdess/12", "fear", "female", "en"),
    }
    assert not any(nested in clip.path.parents for clip in found.clips)
    assert skips(found) == {"copy of another file": 2, "unrecognized name": 2, "song": 1, "sound of a video": 1}
    assert not any("copy" in line or "song" in line for line in warnings(found, "ravdess"))


def test_a_second_version_of_a_clip_is_left_out_and_said(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "ravdess/48k", ["03-01-06-01-02-01-12.wav"])
    made_up.recording(tmp_path / "ravdess/48k/16k/03-01-06-01-02-01-12.wav", "resampled")
    found = read(tmp_path, "ravdess")
    assert [clip.path.parent.name for clip in found.clips] == ["48k"]
    assert skips(found) == {"another version of a file with the same name": 1}
    assert len(warnings(found, "ravdess")) == 2


@pytest.mark.parametrize("style", ["{}_{}/{}", "TESS Toronto emotional speech set data/{}_{}/{}", "{2}"])
def test_tess_in_all_styles_with_its_short_name(tmp_path: Path, style: str) -> None:
    files = [
        ("OAF", "angry", "OAF_back_angry.wav"),
        ("OAF", "Fear", "OAF_bath_fear.wav"),
        ("OAF", "neutral", "OA_bite_neutral.wav"),
        ("OAF", "Pleasant_surprise", "OAF_back_ps.wav"),
        ("YAF", "pleasant_surprised", "YAF_youth_ps.wav"),
    ]
    folder = tmp_path / "TESS Toronto emotional speech set data"
    made_up.tree(folder, [style.format(*parts) for parts in files])
    found = read(tmp_path, "tess")
    assert facts(found) == {
        "OAF_back_angry": ("tess/OAF", "anger", "female", "en"),
        "OAF_bath_fear": ("tess/OAF", "fear", "female", "en"),
        "OA_bite_neutral": ("tess/OAF", "neutral", "female", "en"),
        "OAF_back_ps": ("tess/OAF", "surprise", "female", "en"),
        "YAF_youth_ps": ("tess/YAF", "surprise", "female", "en"),
    }


def test_savee_official_and_mirror_are_the_same_clips(tmp_path: Path) -> None:
    official = ["DC/a01.wav", "DC/sa15.wav", "KL/su03.wav", "KL/n30.wav"]
    folder = made_up.tree(tmp_path / "SAVEE/AudioData", [*official, "Info/a01.wav"])
    for name in official:
        (folder.parent / "copies/ALL").mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, folder.parent / "copies/ALL" / name.replace("/", "_"))
    found = read(tmp_path, "savee")
    assert [(clip.speaker, clip.label, clip.sex) for clip in found.clips] == [
        ("savee/DC", "anger", "male"),
        ("savee/DC", "sadness", "male"),
        ("savee/KL", "neutral", "male"),
        ("savee/KL", "surprise", "male"),
    ]
    assert skips(found) == {"copy of another file": 4, "unrecognized name": 1}


def test_emovo(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "EMOVO", ["f1/dis-f1-b1.wav", "m3/tri-m3-n5.wav", "m3/tri-m4-n5.wav", "f2/xyz-f2-b1.wav"])
    found = read(tmp_path, "emovo")
    assert facts(found) == {
        "dis-f1-b1": ("emovo/f1", "disgust", "female", "it"),
        "tri-m3-n5": ("emovo/m3", "sadness", "male", "it"),
    }
    assert skips(found) == {"unrecognized name": 2}


def test_nemo_takes_the_sexes_from_its_table(tmp_path: Path) -> None:
    folder = made_up.tree(tmp_path / "nEMO-main", ["samples/EB0_anger_1.wav", "samples/WR0_surprised_64.wav"])
    made_up.text(
        folder / "data.tsv",
        "file_id\temotion\traw_text\tnormalized_text\tspeaker_id\tgender\tage",
        'WR0_surprised_64.wav\tsurprised\t„Ród" smoka.\tród smoka\t        WR0\tmale\t23',
        "EB0_anger_1.wav\tanger\tLubię czytać.\tlubię czytać\t        EB0\tfemale\t27",
    )
    assert facts(read(tmp_path, "nemo")) == {
        "EB0_anger_1": ("nemo/EB0", "anger", "female", "pl"),
        "WR0_surprised_64": ("nemo/WR0", "surprise", "male", "pl"),
    }
    (folder / "data.tsv").unlink()
    assert {clip.sex for clip in read(tmp_path, "nemo").clips} == {None}


def test_urdu(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "URDU-Dataset-master", ["Angry/SM4_F48_A0100.wav", "Happy/SF8_F2_H046.wav"])
    assert facts(read(tmp_path, "urdu")) == {
        "SM4_F48_A0100": ("urdu/SM4", "anger", "male", "ur"),
        "SF8_F2_H046": ("urdu/SF8", "happiness", "female", "ur"),
    }


def test_iemocap_speakers_are_those_who_speak_and_excited_is_happy(tmp_path: Path) -> None:
    made_up.iemocap(tmp_path)
    found = read(tmp_path, "iemocap")
    got = facts(found)
    assert got["Ses01F_impro01_F000"] == ("iemocap/Ses01F", "neutral", "female", "en")
    assert got["Ses01F_impro01_M001"] == ("iemocap/Ses01M", "anger", "male", "en")
    assert got["Ses05M_script01_1b_F002"] == ("iemocap/Ses05F", "happiness", "female", "en")
    assert got["Ses05M_script01_1b_M003"] == ("iemocap/Ses05M", "happiness", "male", "en")
    assert got["Ses01F_impro01_F004"][1] == "frustration"
    assert len(got) == 14
    assert skips(found) == {"label none of ours": 4, "whole dialogue": 2}


def test_iemocap_half_unpacked_is_said(tmp_path: Path) -> None:
    folder = made_up.iemocap(tmp_path)
    shutil.rmtree(folder / "Session5/dialog/EmoEvaluation")
    found = read(tmp_path, "iemocap")
    assert {clip.speaker for clip in found.clips} == {"iemocap/Ses01F", "iemocap/Ses01M"}
    assert "iemocap: skipped 9 files: no line in dialog/EmoEvaluation: unpack that too" in warnings(found, "iemocap")
    shutil.rmtree(folder / "Session1/dialog")
    with pytest.raises(NoRecordings, match=r"18 x no line in dialog/EmoEvaluation"):
        read(tmp_path, "iemocap")


@pytest.mark.parametrize("part", ["", "train/", "evaluation/", "test/"])
def test_esd_in_both_layouts_and_languages(tmp_path: Path, part: str) -> None:
    folder = tmp_path / "Emotional Speech Dataset (ESD)/Emotion Speech Dataset"
    names = [f"0011/Angry/{part}0011_000351.wav", f"0007/Surprise/{part}0007_001401.wav"]
    made_up.tree(folder, [*names, f"0021/Angry/{part}0021_000351.wav", "0011/0011_000351.wav"])
    found = read(tmp_path, "esd")
    assert facts(found) == {
        "0007_001401": ("esd/0007", "surprise", "female", "zh"),
        "0011_000351": ("esd/0011", "anger", "male", "en"),
    }
    assert {clip.part for clip in found.clips} == {None}
    assert skips(found) == {"unrecognized name": 2}


def test_casia_numbers_are_counted_in_each_folder(tmp_path: Path) -> None:
    for name in ("liuchanhg/angry", "liuchanhg/fear", "ZhaoZuoxiang/angry"):
        made_up.recording(tmp_path / "CASIA database" / name / "201.wav", "the same bytes")
    made_up.recording(tmp_path / "CASIA database/Zuoxiang.Zhao/angry/201.wav", "another sentence")
    made_up.tree(tmp_path / "CASIA database", ["angry/202-angry-wangzhe.wav", "angry/203.wav"])
    found = read(tmp_path, "casia")
    assert [(clip.speaker, clip.label, clip.sex, clip.language) for clip in found.clips] == [
        ("casia/zhaozuoxiang", "anger", "male", "zh"),
        ("casia/zhaozuoxiang", "anger", "male", "zh"),
        ("casia/wangzhe", "anger", "male", "zh"),
        ("casia/liuchanhg", "anger", "female", "zh"),
        ("casia/liuchanhg", "fear", "female", "zh"),
    ]
    assert reasons(found) == {"203.wav": "unrecognized name"}


def test_noise_takes_of_one_recording_share_a_speaker(tmp_path: Path) -> None:
    names = ["esc10_rain_1-17367-A.ogg", "esc10_rain_1-17367-B.ogg", "speech_commands_pink_noise.ogg", "car/1.wav"]
    made_up.tree(tmp_path / "noise", names)
    assert facts(read(tmp_path, "noise")) == {
        "1": ("noise/car/1", None, None, ""),
        "esc10_rain_1-17367-A": ("noise/esc10_rain_1-17367", None, None, ""),
        "esc10_rain_1-17367-B": ("noise/esc10_rain_1-17367", None, None, ""),
        "speech_commands_pink_noise": ("noise/speech_commands_pink_noise", None, None, ""),
    }


# Where a corpus is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("CREMA-D", "crema-d"),
        ("cremad", "crema-d"),
        ("Crema", "crema-d"),
        ("Emo-DB", "emodb"),
        ("EMO_DB", "emodb"),
        ("RAVDESS", "ravdess"),
        ("audio_speech_actors_01-24", "ravdess"),
        ("nEMO", "nemo"),
        ("URDU-Dataset-master", "urdu"),
        ("Emotional Speech Dataset (ESD)", "esd"),
        ("IEMOCAP_full_release", "iemocap"),
        ("IEMOCAP_full_release_withoutVideos", "iemocap"),
    ],
)
def test_folder_by_alias(tmp_path: Path, folder: str, name: str) -> None:
    (tmp_path / folder).mkdir()
    assert folder_of(tmp_path, name) == tmp_path / folder
    assert [other for other in CORPORA if folder_of(tmp_path, other)] == [name]
    assert folder_of(tmp_path / folder, name) == tmp_path / folder


def test_the_exact_name_comes_first_and_files_are_no_folders(tmp_path: Path) -> None:
    made_up.text(tmp_path / "emo-db", "a file")
    assert folder_of(tmp_path, "emodb") is None
    (tmp_path / "EMODB").mkdir()
    (tmp_path / "emodb").mkdir()
    assert folder_of(tmp_path, "emodb") == tmp_path / "emodb"
    assert folder_of(tmp_path / "missing", "emodb") is None


@pytest.mark.parametrize("name", CORPORA)
def test_a_missing_corpus_says_where_it_looked_and_how_to_get_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(NoRecordings) as caught:
        read(tmp_path, name)
    assert caught.value.exit_status == 26
    message = str(caught.value)
    assert message.startswith(f"no recordings of {name}: {tmp_path} holds no folder {name}")
    assert CORPORA[name].get in message
    assert "\n" not in message
    (tmp_path / name).mkdir()
    with pytest.raises(NoRecordings, match=f"no recordings of {name} in .*holds no WAV, FLAC or Ogg file"):
        read(tmp_path, name)


@pytest.mark.parametrize(("wrong", "right"), [("cremma-d", "crema-d"), ("iemocp", "iemocap"), ("mime", "mine")])
def test_an_unknown_name_gets_the_nearest(tmp_path: Path, wrong: str, right: str) -> None:
    made_up.tree(tmp_path / "mine", ["angry/a_1.wav"])
    with pytest.raises(InvalidSetting, match=f"no corpus is called '{wrong}'.*did you mean {right}?"):
        read(tmp_path, wrong)


# Other corpora -------------------------------------------------------------------------------------------------------


def test_class_folders(tmp_path: Path) -> None:
    folder = made_up.tree(tmp_path / "mine", ["angry/anna/1.wav", "Happy/bob_1.wav", "sad/carl-2-x.wav", "neu/4.wav"])
    made_up.tree(folder, ["angrey/anna/1.wav", "qqq/1.wav", "5.wav"])
    (folder / "angry/anna/again").mkdir()
    shutil.copy(folder / "angry/anna/1.wav", folder / "angry/anna/again/1.wav")
    found = read(tmp_path, "mine")
    assert [(clip.corpus, clip.speaker, clip.label) for clip in found.clips] == [
        ("mine", "mine/bob", "happiness"),
        ("mine", "mine/anna", "anger"),
        ("mine", "mine/all", "neutral"),
        ("mine", "mine/carl", "sadness"),
    ]
    assert set(skips(found)) == {
        "in no class folder",
        "class folder 'angrey' means no label; the nearest word is angry",
        "class folder 'qqq' means no label",
        "copy of another file",
    }
    assert len(warnings(found, "mine")) == 3


def manifest(folder: Path, *lines: str, name: str = "manifest.csv") -> Path:
    made_up.tree(folder, ["a.wav", "b.wav", "sub/c.wav"])
    return made_up.text(folder / name, *lines)


def test_manifest_with_all_columns(tmp_path: Path) -> None:
    path = manifest(
        tmp_path / "mine",
        "\ufeffPath, label ,speaker,language,split,sex",
        "a.wav,angry,1,DE,train,female",
        '"sub/c.wav",Happiness,"2, the second",,test,',
        "",
        f"{tmp_path}/mine/b.wav,sad,1,en,,male",
        "d.wav,sad,3,en,validation,male",
    )
    found = read(tmp_path, "mine")
    assert [(clip.path.name, clip.speaker, clip.label, clip.sex, clip.language, clip.part) for clip in found.clips] == [
        ("a.wav", "mine/1", "anger", "female", "de", "train"),
        ("c.wav", "mine/2, the second", "happiness", None, "", "test"),
        ("b.wav", "mine/1", "sadness", "male", "en", None),
    ]
    assert reasons(found) == {"manifest.csv:6": "file is missing"}
    assert read(tmp_path, str(path)) == found
    assert read(tmp_path, "mine/manifest.csv") == found


def test_manifest_skips_unknown_labels_and_repeated_lines(tmp_path: Path) -> None:
    lines = ["a.wav,angry,1", "./a.wav,anger,1", "b.wav,melancholic,2", "none.wav,sad,2"]
    path = manifest(tmp_path, "path,label,speaker", *lines, name="study.csv")
    found = read(tmp_path, str(path))
    assert [clip.speaker for clip in found.clips] == ["study/1"]
    assert skips(found) == {
        "file is missing": 1,
        "label 'melancholic' means none of ours": 1,
        "same path as an earlier line": 1,
    }


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path,label", "a.wav,sad"], "1: the column speaker is missing"),
        (["path,lable,speaker", "a.wav,sad,1"], "1: no column is called 'lable'; did you mean label?"),
        (["path,label,speaker,label", "a.wav,sad,1,sad"], "1: the column label stands there twice"),
        ([], "1: the column path is missing"),
        (["path,label,speaker", "a.wav,sad,1", "b.wav,sad"], "3: 2 fields; needed are 3"),
        (["path,label,speaker", "a.wav,sad,1,x"], "2: 4 fields; needed are 3"),
        (["path,label,speaker", "a.wav,sad, "], "2: speaker is empty"),
        (["path,label,speaker", "a.wav,,1"], "2: label is empty"),
        (["path,label,speaker,split", "a.wav,sad,1,dev"], "2: split = dev: allowed are train, validation, test"),
        (["path,label,speaker,sex", "a.wav,sad,1,w"], "2: sex = w: allowed are female, male"),
        (["path,label,speaker", "a.wav,sad,1", "sub/../a.wav,angry,1"], "3: sub/../a.wav is labelled angry, but sad"),
        (["path,label,speaker", '"a.wav,sad,1'], "2: no CSV"),
    ],
)
def test_a_wrong_manifest_is_one_line_with_file_and_line(tmp_path: Path, lines: list[str], message: str) -> None:
    path = manifest(tmp_path / "mine", *lines)
    with pytest.raises(InvalidSetting) as caught:
        read(tmp_path, "mine")
    assert str(caught.value).startswith(f"{path}:{message}")
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_not_there_or_no_text(tmp_path: Path) -> None:
    with pytest.raises(NoRecordings, match="no such manifest"):
        read(tmp_path, "none.csv")
    (tmp_path / "bad.csv").write_bytes(b"path,label,speaker\n\xff\xfe,sad,1\n")
    with pytest.raises(InvalidSetting, match=r"bad\.csv:\d: no UTF-8 text"):
        read(tmp_path, str(tmp_path / "bad.csv"))


FIELD = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=8)


@given(rows=st.lists(st.tuples(st.sampled_from(["a", "b"]), FIELD | st.sampled_from(["sad", "angry"]), FIELD)))
def test_any_manifest_is_read_or_refused_and_no_row_is_lost(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    quoted = [",".join('"' + field.replace('"', '""') + '"' for field in (f"{row[0]}.wav", *row[1:])) for row in rows]
    path = manifest(folder, "path,label,speaker", *quoted)
    try:
        found = read(folder, str(path))
    except InvalidSetting as error:
        assert "allowed is one label a path" in str(error)
    except NoRecordings:
        assert not any(label_of(label) for _, label, _ in rows)
    else:
        assert len(found.clips) + len(found.skipped) == len(rows)
        assert all(clip.label in LABELS for clip in found.clips)


def test_other_corpora_are_found(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    made_up.tree(tmp_path / "mine", ["angry/a_1.wav"])
    made_up.tree(tmp_path / "music", ["jazz/a_1.wav"])
    manifest(tmp_path / "listed", "path,label,speaker", "a.wav,sad,1")
    made_up.text(tmp_path / "crema-d-actors.csv", "actor,age,sex")
    made_up.text(tmp_path / "study.csv", '"path","label","speaker"')
    assert others_in(tmp_path) == ["listed", "mine", "study.csv"]
    assert others_in(tmp_path / "ESD") == []


# The command ---------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> str:
    result = CliRunner(env={"EDGE_SER_DATA": ""}).invoke(command, arguments)
    assert result.exit_code == 0, result.output
    return result.output


def test_command_without_data_says_how_to_get_everything() -> None:
    output = run()
    for corpus in CORPORA.values():
        assert f"{corpus.name:8} {corpus.get}" in output
    assert all(row["folder"] is None and not row["clips"] for row in json.loads(run("--format", "json")))


def test_command_lists_what_is_there_within_100_columns(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    made_up.tree(tmp_path / "mine", ["angry/a_1.wav", "angrey/a_1.wav"])
    manifest(tmp_path / "listed", "path,label", "a.wav,sad")
    shutil.rmtree(tmp_path / "TESS")
    output = run("--data", str(tmp_path))
    lines = output.splitlines()
    assert max(map(len, lines[: 1 + len(CORPORA) + 2])) <= 100
    assert [line.split()[0] for line in lines[1 : 1 + len(CORPORA)]] == list(CORPORA)
    assert "iemocap: found 18 of 10039 clips: the corpus is not whole" in output
    assert "iemocap: skipped 4: label none of ours" in output
    assert "mine: skipped 1: class folder 'angrey' means no label; the nearest word is angry" in output
    assert "manifest.csv:1: the column speaker is missing" in output
    assert "tess     https" in output
    assert "savee    http" not in output


def test_command_as_json(tmp_path: Path) -> None:
    made_up.everything(tmp_path)
    rows = {row["name"]: row for row in json.loads(run("--data", str(tmp_path), "--format", "json"))}
    assert rows["emodb"]["complete"] == {"clips": 535, "speakers": 10}
    assert rows["emodb"]["clips"] == 7
    assert rows["emodb"]["weights_may_ship"] is True
    assert rows["iemocap"]["skipped"] == {"label none of ours": 4, "whole dialogue": 2}
    assert len({tuple(row) for row in rows.values()}) == 1
