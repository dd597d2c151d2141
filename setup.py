"""How icspark is built and installed; versions that belong together stand here and nowhere else."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).resolve().parent
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "lib/icspark/__init__.py").read_text(encoding="utf-8")).group(1)

setup(
    name="icspark",
    version=VERSION,
    description="Spark batch jobs for the data teams of NHS Integrated Care Systems",
    long_description=(ROOT / "README.md").read_text(encoding="utf-8") if (ROOT / "README.md").exists() else "",
    long_description_content_type="text/markdown",
    author="icspark contributors",
    license="MIT",
    license_files=["LICENSE"],
    package_dir={"": "lib", "icspark.jobs": "jobs"},
    packages=[*find_packages("lib"), "icspark.jobs"],
    package_data={"icspark": ["py.typed", "*.properties"], "icspark.reporting": ["assets/*"]},
    python_requires=">=3.11,<3.13",
    install_requires=[
        "pyspark>=4.0.1,<4.1",
        "apache-sedona==1.8.0",
        "graphframes-py==0.11.0",
        "typing_extensions>=4.10",  # graphframes-py forgets to declare it
        "pandas>=2.2,<3",
        "numpy>=1.26",
        "scipy>=1.13",
        "pyarrow>=15",
        "shapely>=2.1,<3",
        "pyproj>=3.6",
        "igraph>=0.11",
        "pydantic>=2.7,<3",
        "pyyaml>=6",
        "typer>=0.15",
        "rich>=13",
        "openpyxl>=3.1",
        "pyogrio>=0.10",
        "matplotlib>=3.9",
        "packaging>=23",
        "scikit-learn>=1.9,<1.10",  # a model's file is of one version; TargetEncoder takes its folds from here on
        "threadpoolctl>=3.5",
        "mlflow>=3.17,<3.18",  # 3.18.0 asks for parts of itself that do not exist
        "skops>=0.13",
        "shap>=0.48",
    ],
    extras_require={
        "catboost": ["catboost>=1.2.7,<1.3"],
        "test": [
            "pytest>=8",
            "pytest-xdist>=3.6",
            "chispa>=0.11",
            "hypothesis>=6.100",
            "statsmodels>=0.14",
            "pingouin>=0.5.5",
            "geopandas>=1",
            "selenium>=4.20",
            "jupytext>=1.16",
            "nbclient>=0.10",
            "ipykernel>=6.29",
        ],
        "dev": [
            "build>=1.2",
            "setuptools>=77",
            "wheel",
            "ruff>=0.15",
            "mypy>=1.15",
            "pandas-stubs",
            "scipy-stubs",
            "types-PyYAML",
            "types-shapely",
        ],
    },
    entry_points={"console_scripts": ["icspark = icspark.cli:main"]},
)
