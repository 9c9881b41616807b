# eft with the demo models, served on port 8080. Needs BuildKit (docker build does).
#
#   docker build -t eft .
#   docker run --rm -p 8080:8080 -e EFT_API_KEY=secret eft
#   docker run --rm -p 8080:8080 -e EFT_API_KEY=secret -v "$PWD/models:/models:ro" eft serve /models --host 0.0.0.0
#
# Built for any x86-64 processor with AVX2, as the tarball of `make dist` is.
FROM swift:6.1-bookworm AS build
# The newest of each: what is installed here only builds.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends g++ git make pkg-config python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
RUN make dist \
    && mkdir /eft \
    && tar -xzf .build-dist/eft-*.tar.gz -C /eft --strip-components 1

FROM debian:bookworm-slim
COPY --from=build /eft /usr/local
COPY --from=build /source/Recipes /demo/Recipes
COPY --from=build /source/Atlas/weights /demo/Atlas/weights
RUN useradd --system --no-create-home --uid 10001 eft
USER 10001
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/eft"]
CMD ["serve", "/demo/Recipes", "--host", "0.0.0.0", "--port", "8080"]
