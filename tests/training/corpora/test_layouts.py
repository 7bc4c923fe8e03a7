"""Each registered corpus is read in its official layout and in those of its mirrors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edge_ser.errors import InvalidSetting, NoRecordings
from tests.training import made_up
from tests.training.corpora.listings import facts, reasons
from training.corpora import read, skips, warnings


def test_crema_d_with_official_tables_and_broken_clips(tmp_path: Path) -> None:
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
        "1001_DFA_BOR_XX.wav": "unrecognized file name",
    }
    assert warnings(found, "crema-d")[0] == "crema-d: found 7 of 7442 clips; the corpus is incomplete"


def test_crema_d_table_with_a_missing_column_is_refused(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "crema-d", ["1001_DFA_ANG_XX.wav"])
    made_up.text(tmp_path / "crema-d-actors.csv", "actor,age", "1001,51")
    with pytest.raises(InvalidSetting, match=r"crema-d-actors\.csv:1: the column sex is missing"):
        read(tmp_path, "crema-d")


def test_ravdess_skips_songs_videos_and_duplicates(tmp_path: Path) -> None:
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
    assert skips(found) == {
        "duplicate of another file": 2,
        "unrecognized file name": 2,
        "song": 1,
        "video soundtrack": 1,
    }
    assert not any("duplicate" in line or "song" in line for line in warnings(found, "ravdess"))


def test_a_second_version_of_a_clip_is_skipped_with_a_warning(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "ravdess/48k", ["03-01-06-01-02-01-12.wav"])
    made_up.recording(tmp_path / "ravdess/48k/16k/03-01-06-01-02-01-12.wav", "resampled")
    found = read(tmp_path, "ravdess")
    assert [clip.path.parent.name for clip in found.clips] == ["48k"]
    assert skips(found) == {"different version of a file with the same name": 1}
    assert len(warnings(found, "ravdess")) == 2


@pytest.mark.parametrize("style", ["{}_{}/{}", "TESS Toronto emotional speech set data/{}_{}/{}", "{2}"])
def test_tess_in_all_layouts(tmp_path: Path, style: str) -> None:
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


def test_savee_in_the_official_layout_and_in_that_of_a_mirror(tmp_path: Path) -> None:
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
    assert skips(found) == {"duplicate of another file": 4, "unrecognized file name": 1}


def test_emovo(tmp_path: Path) -> None:
    made_up.tree(tmp_path / "EMOVO", ["f1/dis-f1-b1.wav", "m3/tri-m3-n5.wav", "m3/tri-m4-n5.wav", "f2/xyz-f2-b1.wav"])
    found = read(tmp_path, "emovo")
    assert facts(found) == {
        "dis-f1-b1": ("emovo/f1", "disgust", "female", "it"),
        "tri-m3-n5": ("emovo/m3", "sadness", "male", "it"),
    }
    assert skips(found) == {"unrecognized file name": 2}


def test_nemo_reads_sexes_from_its_table(tmp_path: Path) -> None:
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


def test_iemocap_speakers_and_labels(tmp_path: Path) -> None:
    made_up.iemocap(tmp_path)
    found = read(tmp_path, "iemocap")
    got = facts(found)
    assert got["Ses01F_impro01_F000"] == ("iemocap/Ses01F", "neutral", "female", "en")
    assert got["Ses01F_impro01_M001"] == ("iemocap/Ses01M", "anger", "male", "en")
    assert got["Ses05M_script01_1b_F002"] == ("iemocap/Ses05F", "happiness", "female", "en")
    assert got["Ses05M_script01_1b_M003"] == ("iemocap/Ses05M", "happiness", "male", "en")
    assert got["Ses01F_impro01_F004"][1] == "frustration"
    assert len(got) == 14
    assert skips(found) == {"unsupported label": 4, "full dialogue": 2}


def test_iemocap_partly_unpacked_is_reported(tmp_path: Path) -> None:
    folder = made_up.iemocap(tmp_path)
    shutil.rmtree(folder / "Session5/dialog/EmoEvaluation")
    found = read(tmp_path, "iemocap")
    assert {clip.speaker for clip in found.clips} == {"iemocap/Ses01F", "iemocap/Ses01M"}
    reason = "not listed in dialog/EmoEvaluation (unpack that folder, too)"
    assert f"iemocap: skipped 9 files: {reason}" in warnings(found, "iemocap")
    shutil.rmtree(folder / "Session1/dialog")
    with pytest.raises(NoRecordings, match=r"18 x not listed in dialog/EmoEvaluation"):
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
    assert skips(found) == {"unrecognized file name": 2}


def test_casia_may_repeat_numbers_in_each_folder(tmp_path: Path) -> None:
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
    assert reasons(found) == {"203.wav": "unrecognized file name"}


def test_takes_of_one_noise_recording_share_a_speaker(tmp_path: Path) -> None:
    names = ["esc10_rain_1-17367-A.ogg", "esc10_rain_1-17367-B.ogg", "speech_commands_pink_noise.ogg", "car/1.wav"]
    made_up.tree(tmp_path / "noise", names)
    assert facts(read(tmp_path, "noise")) == {
        "1": ("noise/car/1", None, None, ""),
        "esc10_rain_1-17367-A": ("noise/esc10_rain_1-17367", None, None, ""),
        "esc10_rain_1-17367-B": ("noise/esc10_rain_1-17367", None, None, ""),
        "speech_commands_pink_noise": ("noise/speech_commands_pink_noise", None, None, ""),
    }
