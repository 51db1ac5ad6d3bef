import Foundation
import TestSupport

/// What `com.example/commander` can be told to do.
indirect enum Command: Encodable, Sendable {
    case add(Int)
    case send(to: String, [Command])
    case later(to: String, [Command], milliseconds: Int, token: String?)
    case cancel(token: String)
    case egress(String)

    private enum Key: String, CodingKey {
        case `do`, amount, to, commands, delay = "delay_ms", token, text
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .add(let amount):
            try container.encode("add", forKey: .do)
            try container.encode(amount, forKey: .amount)
        case .send(let target, let commands):
            try container.encode("send", forKey: .do)
            try container.encode(target, forKey: .to)
            try container.encode(commands, forKey: .commands)
        case .later(let target, let commands, let milliseconds, let token):
            try container.encode("later", forKey: .do)
            try container.encode(target, forKey: .to)
            try container.encode(commands, forKey: .commands)
            try container.encode(milliseconds, forKey: .delay)
            try container.encodeIfPresent(token, forKey: .token)
        case .cancel(let token):
            try container.encode("cancel", forKey: .do)
            try container.encode(token, forKey: .token)
        case .egress(let text):
            try container.encode("egress", forKey: .do)
            try container.encode(text, forKey: .text)
        }
    }
}

/// Random commands, and what must come of them in whatever order they are carried out.
struct CommandScript: Sendable {
    /// A message from outside.
    struct Message: Sendable {
        let id: String
        let body: String
        let key: String
    }

    private(set) var messages: [Message] = []
    /// What each id that adds something adds up to.
    private(set) var totals: [String: Int] = [:]
    /// What the egress is told, in no particular order.
    private(set) var told: [String] = []

    private var random: SeededRandom
    private var nextNumber = 0

    /// - Parameter count: how many messages come from outside.
    init(seed: UInt64, messages count: Int) throws {
        random = SeededRandom(seed: seed)
        for number in 0..<count {
            let id = randomID()
            let commands = (0..<Int.random(in: 1...3, using: &random)).flatMap { _ in command(for: id, depth: 5) }
            let body = String(decoding: try JSONEncoder().encode(commands), as: UTF8.self)
            messages.append(Message(id: id, body: body, key: "\(seed)-\(number)"))
        }
    }

    private mutating func randomID() -> String { "id-\(Int.random(in: 0..<200, using: &random))" }

    /// A command for an address, or a pair of them that comes to nothing; counts what it does.
    private mutating func command(for id: String, depth: Int) -> [Command] {
        switch Int.random(in: 0..<(depth > 0 ? 10 : 4), using: &random) {
        case 0, 1, 2:
            let amount = Int.random(in: 1...1_000, using: &random)
            totals[id, default: 0] += amount
            return [.add(amount)]
        case 3:
            nextNumber += 1
            let text = "\(id) says \(nextNumber)"
            told.append(text)
            return [.egress(text)]
        case 4, 5, 6:
            let target = randomID()
            return [.send(to: target, commands(for: target, depth: depth - 1))]
        case 7, 8:
            let target = randomID()
            let delay = Int.random(in: 0...400, using: &random)
            return [.later(to: target, commands(for: target, depth: depth - 1), milliseconds: delay, token: nil)]
        default:
            // What is taken back never happens, whenever the process is killed between the two.
            nextNumber += 1
            let token = "token-\(nextNumber)"
            return [
                .later(to: randomID(), [.egress("taken back: \(token)"), .add(1_000_000)], milliseconds: 3_600_000, token: token),
                .send(to: id, [.cancel(token: token)]),
            ]
        }
    }

    private mutating func commands(for id: String, depth: Int) -> [Command] {
        (0..<Int.random(in: 1...2, using: &random)).flatMap { _ in command(for: id, depth: depth) }
    }
}
