"""A Slack workspace on one's own machine, strict where Slack is strict.

It speaks the Web API as slack_sdk does, keeps channels, threads, modals and ephemeral messages in memory, refuses what
Slack would refuse, lets people click and command with signed requests to the app, and misbehaves on demand.

    directory, content, messages, conversation   what there is: team, people, groups, channels, messages, threads
    views                                        who has which modal and Home before them
    strict, schema_problems, problems, elements  what a message or view may look like, and why not
    rules, input_rules                           what of it the published types do not say
    paging, tickets, faults, limits              windows over history; trigger ids, response URLs; outages; budgets
    workspace, shapes, listings                  all of it behind one lock; how it looks from outside
    arguments, bodies, webapi                    what the app asks for over HTTP
    methods, view_methods, directory_methods     what it may ask for
    clicks, use, calling, payloads, delivery     what people do, how the app is told
    modals, inputs, responses                    what they fill in and submit; what the app replies
    handshake                                    how the app's address is entered
    control, control_bodies, changes, server     what the page and the rehearsals call; all addresses
"""
