import TransportCore

extension TLSSettings {
    /// Settings as a spec would name the files.
    static func files(trust: String? = nil, cert: String? = nil, key: String? = nil, password: String? = nil) -> TLSSettings {
        func setting(_ path: String?, _ line: Int) -> Setting<String>? {
            path.map { Setting($0, from: .line(file: "module.yaml", SourcePosition(line: line, column: 3))) }
        }
        return TLSSettings(
            trustCACerts: setting(trust, 1),
            clientCert: setting(cert, 2),
            clientKey: setting(key, 3),
            clientKeyPassword: setting(password, 4)
        )
    }
}
