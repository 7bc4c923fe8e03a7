"""Made-up corpora: official file names, each file a WAV of a few samples."""

from __future__ import annotations

import struct
import wave
import zlib
from collections.abc import Iterable
from pathlib import Path


def recording(path: Path, content: str | None = None) -> Path:
    """Write a WAV of four samples that depend on the file name, or on ``content``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seed = zlib.crc32((path.name if content is None else content).encode())
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(struct.pack("<hhhh", *((seed >> shift) % 30_000 for shift in (0, 4, 8, 16))))
    return path


def tree(folder: Path, names: Iterable[str]) -> Path:
    """Write recordings below a folder."""
    for name in names:
        recording(folder / name)
    return folder


def text(path: Path, *lines: str) -> Path:
    """Write a text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def iemocap(data: Path) -> Path:
    """Write two dialogues of two sessions in the layout of the official archive."""
    folder = data / "IEMOCAP_full_release"
    labels = ("neu", "ang", "hap", "exc", "fru", "xxx", "oth", "sad", "sur")
    for session, dialogue in ((1, "Ses01F_impro01"), (5, "Ses05M_script01_1b")):
        speakers = "FMFMFMFMF"
        lines = []
        for number, (letter, label) in enumerate(zip(speakers, labels, strict=True)):
            utterance = f"{dialogue}_{letter}{number:03d}"
            recording(folder / f"Session{session}/sentences/wav/{dialogue}/{utterance}.wav")
            lines += [
                f"[{number}.2901 - {number}.9357]\t{utterance}\t{label}\t[2.5000, 2.5000, 2.5000]",
                "C-E2:\tSadness;\t()",
                "A-E3:\tval 3; act 2; dom  2;\t()",
                "",
            ]
        evaluations = folder / f"Session{session}/dialog/EmoEvaluation"
        text(evaluations / f"{dialogue}.txt", "% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", "", *lines)
        text(evaluations / f"._{dialogue}.txt", "\0\0")
        text(evaluations / f"Categorical/{dialogue}_e2_cat.txt", f"{dialogue}_F000 :Sadness; ()")
        recording(folder / f"Session{session}/dialog/wav/{dialogue}.wav")
    return folder


def everything(data: Path) -> None:
    """Write a part of each registered corpus that has each of its labels at least once."""
    tree(
        data / "CREMA-D/AudioWAV",
        [f"1001_DFA_{emotion}_XX.wav" for emotion in ["ANG", "DIS", "FEA", "HAP", "NEU", "SAD"]],
    )
    tree(data / "EmoDB/wav", [f"03a01{emotion}a.wav" for emotion in "WEAFNTL"])
    tree(data / "RAVDESS/Actor_01", [f"03-01-{emotion:02d}-01-01-01-01.wav" for emotion in range(1, 9)])
    emotions = ("angry", "disgust", "fear", "happy", "neutral", "sad", "ps")
    tree(data / "TESS", [f"YAF_youth_{emotion}.wav" for emotion in emotions])
    tree(data / "SAVEE/ALL", [f"JE_{emotion}01.wav" for emotion in ("a", "d", "f", "h", "n", "sa", "su")])
    tree(data / "EMOVO/m1", [f"{emotion}-m1-b1.wav" for emotion in ["dis", "gio", "neu", "pau", "rab", "sor", "tri"]])
    emotions = ("anger", "fear", "happiness", "neutral", "sadness", "surprised")
    tree(data / "nEMO/samples", [f"EB0_{emotion}_1.wav" for emotion in emotions])
    tree(data / "URDU-Dataset", ["Angry/SM1_F1_A01.wav", "Happy/SF1_F1_H01.wav", "Neutral/SF9_F1_N01.wav"])
    tree(data / "URDU-Dataset", ["Sad/SM24_F1_S013.wav"])
    iemocap(data)
    folders = {"Angry": 351, "Happy": 701, "Neutral": 1, "Sad": 1051, "Surprise": 1401}
    tree(data / "ESD", [f"0011/{folder}/train/0011_{number:06d}.wav" for folder, number in folders.items()])
    emotions = ("angry", "fear", "happy", "neutral", "sad", "surprise")
    tree(data / "CASIA", [f"liuchanhg/{emotion}/201.wav" for emotion in emotions])
    tree(data / "noise", ["esc10_rain_1-17367-A.ogg"])
