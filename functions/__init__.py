"""
Doors: one file per way in. A door turns a binding into one of our nouns and hands it over.

    alerts.py     Azure Monitor alerts           events.py     Event Grid
    healing.py    the queue                      sweeping.py   the timer
    burying.py    the poison queue               telling.py    the timer, for messages
    asking.py     diagnose, heal, scan           incidents.py  incidents and the operator's verbs
    status.py     health, policy, breakers       console.py    the operator's web page
    cli/          the command line `medic`
    advice.py     what it sees or reaches less than it could
    duty.py       who is on duty: the process's one Medic
    reception.py  signals go into the queue and onto an incident
    questions.py  what a request says            answers.py    what it is told, errors included

No door knows Azure, and none imports an Azure SDK at the top: every function of the app is loaded
to answer the first alert, and that alert should not wait for clients it does not use.
"""
