FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /srv/credit-village

COPY requirements/run.txt requirements/run.txt
RUN pip install --require-hashes -r requirements/run.txt

COPY pyproject.toml LICENSE alembic.ini ./
COPY app app
COPY scoring scoring
COPY migrations migrations
COPY seed_data seed_data
RUN pip install --no-index --no-build-isolation --no-deps -e . \
    && useradd --system --create-home --uid 10001 credit \
    && mkdir var && chown credit var

USER credit
VOLUME /srv/credit-village/var
ENV CREDIT_VILLAGE_HOST=0.0.0.0 CREDIT_VILLAGE_PORT=8000
EXPOSE 8000
CMD ["credit-village", "serve"]
