# One static binary, certificates, and nothing else. docs/RUNNING.md tells how to run it.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# glibc is linked in, not musl, whose allocator is slower; names are looked up by a resolver of our
# own, so that glibc loads nothing when it runs. With --target the flag is for the program alone, and
# not for what only runs while it is built.
RUN host="$(rustc --print host-tuple)" \
    && RUSTFLAGS="-C target-feature=+crt-static" \
       cargo build --locked --profile dist --target "$host" \
    && install -D "target/$host/dist/outwatch" /out/usr/bin/outwatch \
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/ca-certificates.crt \
    && mkdir -p /out/etc/outwatch /out/var/lib /state

FROM scratch
COPY --from=build /out/ /
# a volume that is new gets the owner of what lies here
COPY --from=build --chown=65532:65532 /state/ /var/lib/outwatch/
USER 65532:65532
# where SQLite puts what does not fit its memory, if there is no /tmp
WORKDIR /var/lib/outwatch
VOLUME /var/lib/outwatch
ENV OUTWATCH_DB=/var/lib/outwatch/outwatch.db
# No shell stands between: signals reach the daemon itself.
ENTRYPOINT ["/usr/bin/outwatch"]
CMD ["run", "--config", "/etc/outwatch"]
# It fails if the daemon does not run or has stored nothing of itself for a while, and asks nobody.
HEALTHCHECK --interval=1m --timeout=10s --start-period=2m CMD ["/usr/bin/outwatch", "status", "--self", "--within", "3m"]
