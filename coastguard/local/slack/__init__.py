"""A Slack workspace on one's own machine, strict where Slack is strict.

It speaks the Web API as slack_sdk does, keeps channels, threads, modals and ephemeral messages in memory, refuses what
Slack would refuse, lets people click and command with signed requests to the app, and misbehaves on demand.

    directory, content, messages, conversation   what there is: team, people, channels, messages, threads
    strict, schema_problems, rules, elements     what a message or view may look like, and why not
    paging, tickets, faults, limits              windows over history; trigger ids, response URLs; outages; budgets
    workspace, shapes                            all of it behind one lock; how it looks from outside
    arguments, bodies, methods, webapi           what the app asks for over HTTP
    clicks, use, payloads, delivery, responses   what people do, how the app is told, what it replies
    handshake                                    how the app's address is entered
    control, server                              what the page and the rehearsals call; all addresses
"""
