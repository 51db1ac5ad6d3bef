extension OptionReader {
    /// Reads the keys under `retry` that both transports have beside the documented ones: `first_pause`, `max_pause`,
    /// `jitter` and `everything`.
    /// - Parameter firstPause: the transport's own pause after the first failed attempt.
    public mutating func retryPolicy(firstPause: Duration) -> RetryPolicy {
        let first = duration("retry.first_pause", default: firstPause)
        let longest = duration("retry.max_pause", default: max(.seconds(10), first.value))
        let jitter = fraction("retry.jitter", default: 0.5)
        let everything = boolean("retry.everything", default: false)
        if longest.value < first.value, isReadable(longest), isReadable(first) {
            problem(
                at: "retry.max_pause",
                "retry.max_pause is shorter than retry.first_pause",
                remedy: "raise it to at least \(DurationText.format(first.value))"
            )
        }
        return RetryPolicy(
            firstPause: first.value,
            maxPause: longest.value,
            jitter: jitter.value,
            retriesEverything: everything.value
        )
    }

    /// Reads the keys for TLS, `trust_cacerts`, `client_cert`, `client_key` and `client_key_password`, and checks the files.
    public mutating func tlsSettings(checkedBy connector: any Connector) -> TLSSettings? {
        let settings = TLSSettings(
            trustCACerts: path("trust_cacerts"),
            clientCert: path("client_cert"),
            clientKey: path("client_key"),
            clientKeyPassword: path("client_key_password")
        )
        guard settings != TLSSettings() else { return nil }
        if settings.clientCert != nil, settings.clientKey == nil {
            problem(at: "client_cert", "client_cert is set without client_key", remedy: "add client_key, the file with its private key")
        }
        if settings.clientKey != nil, settings.clientCert == nil {
            problem(at: "client_key", "client_key is set without client_cert", remedy: "add client_cert, the file with its certificate")
        }
        if settings.clientKeyPassword != nil, settings.clientKey == nil {
            problem(at: "client_key_password", "client_key_password is set without client_key", remedy: "add client_key, or remove it")
        }
        add(connector.problems(with: settings))
        return settings
    }
}
